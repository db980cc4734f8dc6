// The bare-metal benchmarks of guest/bench: what each is called, what one operation of it is, and how
// many operations make a first, short run. Read by machine.ts.

export interface Benchmark {
  /** The image is NAME.elf, and the guest's marker lines carry the name. */
  readonly name: string;
  readonly title: string;
  readonly cpus: number;
  /** What a rate counts: instructions where plain execution is measured, else the operation itself. */
  readonly unit: "instructions" | "operations";
  /** Operations of the first run: its checksum is what two machines are compared by. */
  readonly firstOperations: number;
}

export const benchmarks: readonly Benchmark[] = [
  { name: "mix", title: "integer mix", cpus: 1, unit: "instructions", firstOperations: 500_000 },
  { name: "list", title: "list walk", cpus: 1, unit: "instructions", firstOperations: 2_000_000 },
  { name: "sort", title: "sort", cpus: 1, unit: "instructions", firstOperations: 20 },
  { name: "chase", title: "random page chase, 256 MiB", cpus: 1, unit: "operations", firstOperations: 200_000 },
  { name: "remap", title: "remap, INVLPG, load", cpus: 1, unit: "operations", firstOperations: 100_000 },
  { name: "cr3", title: "CR3 reload, four loads", cpus: 1, unit: "operations", firstOperations: 50_000 },
  { name: "syscall", title: "system call round trip", cpus: 1, unit: "operations", firstOperations: 200_000 },
  { name: "fault", title: "page-fault round trip", cpus: 1, unit: "operations", firstOperations: 50_000 },
  { name: "shootdown-halt", title: "shootdown of 3 halted CPUs", cpus: 4, unit: "operations", firstOperations: 100 },
  { name: "shootdown-compute", title: "shootdown of 3 computing CPUs", cpus: 4, unit: "operations", firstOperations: 10 },
];
