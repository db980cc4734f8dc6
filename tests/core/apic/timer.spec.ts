import { cpuAt } from "../../../assembly/cpu/state";
import { machine } from "../../../assembly/global";
import { fireLocalTimers, setTscDeadline, getTscDeadline, setTsc } from "../../../assembly/apic/timer";
import { NEVER, tsc } from "../../../assembly/smp/clock";
import {
  powerOnRunning, read, write, pass, requested, LVT_TIMER, INITIAL_COUNT, CURRENT_COUNT, DIVIDE,
} from "./power-on";

const PERIODIC: u32 = 0x20000;
const DEADLINE: u32 = 0x40000;
const MASKED: u32 = 0x10000;

/** The scheduler's look at the timers; says whether vector 0x30 was raised, and takes it away. */
function fires(): bool {
  const g = machine();
  if (g.clock < g.nextTimer) return false;
  g.nextTimer = fireLocalTimers(g.clock);
  const raised = requested(0, 0x30);
  store<u64>(changetype<usize>(cpuAt(0)) + 0x800, 0);
  return raised;
}

describe("the local APIC timer", () => {
  beforeEach(() => { powerOnRunning(1); });

  it("fires once when it counts to zero in one-shot mode", () => {
    const cpu = cpuAt(0);
    write(cpu, DIVIDE, 0xb);
    write(cpu, LVT_TIMER, 0x30);
    write(cpu, INITIAL_COUNT, 1000);
    expect(machine().nextTimer).toBe(1000);
    pass(999);
    expect(fires()).toBe(false);
    expect(read(cpu, CURRENT_COUNT)).toBe(1);
    pass(1);
    expect(fires()).toBe(true);
    expect(read(cpu, CURRENT_COUNT)).toBe(0);
    expect(machine().nextTimer).toBe(NEVER);
  });

  it("starts again by itself in periodic mode, without drift", () => {
    const cpu = cpuAt(0);
    write(cpu, DIVIDE, 0xb);
    write(cpu, LVT_TIMER, 0x30 | PERIODIC);
    write(cpu, INITIAL_COUNT, 1000);
    pass(1300);
    expect(fires()).toBe(true);
    expect(machine().nextTimer).toBe(2000);
    expect(read(cpu, CURRENT_COUNT)).toBe(700);
    pass(700);
    expect(fires()).toBe(true);
    expect(machine().nextTimer).toBe(3000);
  });

  it("makes one interrupt of the periods that nobody saw", () => {
    const cpu = cpuAt(0);
    write(cpu, DIVIDE, 0xb);
    write(cpu, LVT_TIMER, 0x30 | PERIODIC);
    write(cpu, INITIAL_COUNT, 100);
    pass(1050);
    expect(fires()).toBe(true);
    expect(fires()).toBe(false);
    expect(machine().nextTimer).toBe(1100);
  });

  it("divides by 2 at reset and by what the divide configuration says", () => {
    const cpu = cpuAt(0);
    write(cpu, LVT_TIMER, 0x30);
    write(cpu, INITIAL_COUNT, 100);
    expect(machine().nextTimer).toBe(200);
    const codes: u32[] = [0x0, 0x1, 0x2, 0x3, 0x8, 0x9, 0xa, 0xb];
    const divisors: u64[] = [2, 4, 8, 16, 32, 64, 128, 1];
    for (let i = 0; i < 8; i++) {
      machine().nextTimer = NEVER;
      write(cpu, INITIAL_COUNT, 0);
      write(cpu, DIVIDE, codes[i]);
      write(cpu, INITIAL_COUNT, 10);
      expect(machine().nextTimer).toBe(10 * divisors[i]);
    }
  });

  it("stops when the initial count is set to zero", () => {
    const cpu = cpuAt(0);
    write(cpu, LVT_TIMER, 0x30);
    write(cpu, INITIAL_COUNT, 100);
    write(cpu, INITIAL_COUNT, 0);
    pass(1000);
    expect(fires()).toBe(false);
    expect(read(cpu, CURRENT_COUNT)).toBe(0);
  });

  it("counts but raises nothing while its entry is masked", () => {
    const cpu = cpuAt(0);
    write(cpu, DIVIDE, 0xb);
    write(cpu, LVT_TIMER, 0x30 | MASKED);
    write(cpu, INITIAL_COUNT, 100);
    pass(40);
    expect(read(cpu, CURRENT_COUNT)).toBe(60);
    pass(60);
    expect(fires()).toBe(false);
  });

  it("fires when the TSC reaches the deadline, which then reads 0", () => {
    const cpu = cpuAt(0);
    write(cpu, LVT_TIMER, 0x30 | DEADLINE);
    pass(500);
    setTscDeadline(cpu, tsc(cpu) + 250);
    expect(getTscDeadline(cpu)).toBe(750);
    expect(machine().nextTimer).toBe(750);
    pass(250);
    expect(fires()).toBe(true);
    expect(getTscDeadline(cpu)).toBe(0);
  });

  it("fires at once for a deadline that has passed", () => {
    const cpu = cpuAt(0);
    write(cpu, LVT_TIMER, 0x30 | DEADLINE);
    pass(500);
    setTscDeadline(cpu, 3);
    expect(fires()).toBe(true);
  });

  it("follows the TSC when that is written while a deadline is armed", () => {
    const cpu = cpuAt(0);
    write(cpu, LVT_TIMER, 0x30 | DEADLINE);
    setTscDeadline(cpu, 10000);
    setTsc(cpu, 9900);
    expect(tsc(cpu)).toBe(9900);
    expect(machine().nextTimer).toBe(100);
  });

  it("ignores deadlines outside deadline mode, and the initial count inside it", () => {
    const cpu = cpuAt(0);
    write(cpu, LVT_TIMER, 0x30);
    setTscDeadline(cpu, 100);
    expect(getTscDeadline(cpu)).toBe(0);
    write(cpu, LVT_TIMER, 0x30 | DEADLINE);
    write(cpu, INITIAL_COUNT, 100);
    expect(machine().nextTimer).toBe(NEVER);
  });

  it("is disarmed by a change to or from deadline mode", () => {
    const cpu = cpuAt(0);
    write(cpu, LVT_TIMER, 0x30 | DEADLINE);
    setTscDeadline(cpu, 100);
    write(cpu, LVT_TIMER, 0x30);
    pass(200);
    expect(fires()).toBe(false);
  });
});
