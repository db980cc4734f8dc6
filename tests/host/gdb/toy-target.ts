// Something to debug that is no machine: registers, 4 KiB of memory, and a resume that ends as the test says.
// For the tests of the protocol beside it.

import type { RegisterName } from "../../../src/machine/index.ts";
import type { Resume, Stopped, Target, TargetPoint } from "../../../src/debug/gdb/target.ts";

export const MEMORY_AT = 0x1000n;

export class ToyTarget implements Target {
  readonly cpus = 4;
  readonly firstCpu = 0;
  readonly memory = new Uint8Array(4096);
  readonly registers = Array.from({ length: this.cpus }, () => new Map<string, bigint>([["mode", 2n]]));
  /** What was asked for, in order. */
  readonly resumed: Resume[] = [];
  readonly lines: string[] = [];
  points: readonly TargetPoint[] = [];
  interrupts = 0;
  /** How the next resume ends; it waits for Ctrl-C if there is nothing. */
  next: Stopped | undefined = { cpu: 0, reason: { kind: "trap" } };
  #interrupt: (() => void) | undefined;

  register(cpu: number, name: RegisterName): bigint {
    return this.registers[cpu]!.get(name) ?? 0n;
  }

  setRegister(cpu: number, name: RegisterName, value: bigint): boolean {
    if (name === "cs") return false;
    this.registers[cpu]!.set(name, value);
    return true;
  }

  readMemory(_cpu: number, address: bigint, length: number): Uint8Array {
    const at = Number(address - MEMORY_AT);
    return at >= 0 && at < this.memory.length ? this.memory.slice(at, at + length) : new Uint8Array();
  }

  writeMemory(_cpu: number, address: bigint, bytes: Uint8Array): boolean {
    const at = Number(address - MEMORY_AT);
    if (at < 0 || at + bytes.length > this.memory.length) return false;
    this.memory.set(bytes, at);
    return true;
  }

  setPoints(points: readonly TargetPoint[]): void {
    this.points = points;
  }

  async resume(how: Resume, output: (text: string) => void): Promise<Stopped> {
    this.resumed.push(how);
    if (this.next) return this.next;
    output("running\n");
    await new Promise<void>((done) => (this.#interrupt = done));
    return { cpu: 0, reason: { kind: "interrupt" } };
  }

  interrupt(): void {
    this.interrupts++;
    this.#interrupt?.();
    this.#interrupt = undefined;
  }

  describe(cpu: number): string {
    return `ring ${cpu} & <more>`;
  }

  async monitor(line: string): Promise<string> {
    this.lines.push(line);
    return line === "quiet" ? "" : `you said ${line}`;
  }
}
