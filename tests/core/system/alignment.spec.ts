// Alignment checks are not modelled: the machine says so instead of passing over them.

import { AC, CR0_AM } from "../../../assembly/cpu/state";
import { FAULT_STOP } from "../../../assembly/cpu/fault";
import { machine, NI_ALIGNMENT, STOP_NOT_IMPLEMENTED } from "../../../assembly/global";
import { setSystemFlags } from "../../../assembly/cpu/system/mode";
import { cpu, start64 } from "./setup";

describe("alignment checks", () => {
  beforeEach(() => {
    start64();
  });

  test("stop the run by name when RFLAGS.AC is set at CPL 3 with CR0.AM", () => {
    cpu().cr0 |= CR0_AM;
    cpu().cpl = 3;
    setSystemFlags(cpu(), cpu().system | AC);
    expect<u32>(cpu().fault).toBe(FAULT_STOP);
    expect<u32>(machine().stopReason).toBe(STOP_NOT_IMPLEMENTED);
    expect<u32>(machine().stopDetail).toBe(NI_ALIGNMENT);
  });

  test("are off at CPL 0, where AC is SMAP's", () => {
    cpu().cr0 |= CR0_AM;
    cpu().cpl = 0;
    setSystemFlags(cpu(), cpu().system | AC);
    expect<u32>(cpu().fault).toBe(0);
  });

  test("are off while CR0.AM is clear", () => {
    cpu().cr0 &= ~CR0_AM;
    cpu().cpl = 3;
    setSystemFlags(cpu(), cpu().system | AC);
    expect<u32>(cpu().fault).toBe(0);
  });
});
