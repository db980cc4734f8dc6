// Guests that do anything: no bytes, executed as code or used as page tables, may crash the host, run
// past a limit, or touch memory that is not the guest's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MiB, Pc, type Snapshot, TLB_PRESETS } from "shootdown";
import { registerNumber } from "../../src/machine/registers.ts";
import { CORE_STOPS } from "../../src/machine/stop.ts";
import { BareCore } from "./bare-core.ts";
import { assemble } from "./guest.ts";

const STEPS = 200;
const KNOWN_ENDS: readonly number[] = Object.values(CORE_STOPS);
const PROGRAM_BYTES = 32;

/** xorshift32: the same programs in every run of the test. */
function* randomBytes(seed: number): Generator<number, never> {
  let x = seed;
  for (;;) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield (x >>> 8) & 0xff;
  }
}

/** Bytes that begin many encodings: random code that is all common opcodes sees little of the decoder. */
const PREFIXES = [0x0f, 0xf0, 0xf2, 0xf3, 0x66, 0x67, 0x48, 0x41, 0x4f, 0x2e, 0x64, 0xc4, 0xff, 0xf7, 0x8e];

function program(random: Generator<number, never>): Uint8Array {
  return Uint8Array.from({ length: PROGRAM_BYTES }, () => {
    const byte = random.next().value;
    return byte < 48 ? PREFIXES[byte % PREFIXES.length]! : random.next().value;
  });
}

/** A small machine that has run `image` to its endless loop. */
async function looping(image: Uint8Array, cpus = 1): Promise<Snapshot> {
  const pc = await Pc.create({ cpus, memory: 2 * MiB });
  pc.load(image);
  assert.deepEqual(pc.machine.run(2000), { kind: "limit" });
  return pc.machine.snapshot();
}

const IN_32_BIT = `
  .section .text
  .code32
  .balign 4
  .long 0x1badb002, 3, -(0x1badb002 + 3)
  .globl _start
_start: mov $0x180000, %esp
  jmp main
  .balign 4096
`;

/** The second CPU starts in real mode at 0x8000; the first one halts for good. */
const REAL_MODE = `main: movl $0xfee00000, %edi
  movw $0xfeeb, 0x8000
  movl $0xc4500, 0x300(%rdi)
  movl $0xc4608, 0x300(%rdi)
  cli
1: hlt
  jmp 1b`;

/** Ten thousand programs in all. */
const modes = [
  { name: "64-bit mode", programs: 5000, cpu: 0, snapshot: () => looping(assemble("main: jmp main").bytes) },
  { name: "32-bit protected mode", programs: 2500, cpu: 0, snapshot: () => looping(assemble("main: jmp main", IN_32_BIT).bytes) },
  { name: "real mode", programs: 2500, cpu: 1, snapshot: () => looping(assemble(REAL_MODE).bytes, 2) },
];

for (const { name, programs, cpu, snapshot } of modes) {
  test(`${programs} random programs in ${name} stay inside the machine and its limits`, async () => {
    const bare = new BareCore(await snapshot());
    bare.restore();
    const rip = Number(bare.core.getRegister(cpu, registerNumber("rip")));
    const base = Number(bare.core.getRegister(cpu, registerNumber("cs_base")));

    /** Runs one program; returns the hash of what it left. */
    const runProgram = (bytes: Uint8Array): bigint => {
      bare.restore(bytes, base + rip);
      const before = bare.core.steps();
      const reason = bare.core.run(BigInt(STEPS));
      const shown = Buffer.from(bytes).toString("hex");
      assert.ok(KNOWN_ENDS.includes(reason), `${shown} stopped for reason ${reason}`);
      assert.ok(bare.core.steps() - before <= STEPS, `${shown} ran past its limit`);
      return bare.core.stateHash();
    };

    const sample = Array.from({ length: 20 }, (_, i) => program(randomBytes(i + 1)));
    const hashes = sample.map(runProgram);
    const random = randomBytes(0xc0ffee);
    for (let i = 0; i < programs; i++) {
      runProgram(program(random));
      if (i % 500 === 0) bare.checkBounds();
    }
    bare.checkBounds();
    // Had a program damaged the core itself, the first ones would now end otherwise.
    assert.deepEqual(sample.map(runProgram), hashes);
    assert.ok(new Set(hashes).size > sample.length / 2, "programs leave the same state: are they run at all?");
  });
}

/**
 * Writes random words into its own page tables, at all four levels, and touches random addresses.
 * Faults go back to the loop as long as the tables still let them.
 */
const TABLE_WRITER = `
  main: lidt idtr
    lea on_fault, %rax
    lea idt, %rdi
    mov $32, %ecx
  1: mov %ax, (%rdi)
    movw $8, 2(%rdi)
    movw $0x8e00, 4(%rdi)
    mov %rax, %rdx
    shr $16, %rdx
    mov %dx, 6(%rdi)
    add $16, %rdi
    dec %ecx
    jnz 1b
    mov $SEED, %r8
  loop: lea stack_top, %rsp
    call random
    mov %rax, %rbx
    and $0x7ff8, %ebx
    call random
    test $7, %al
    jnz 2f
    mov $0x200087, %eax
  2: and $0x1fffff, %rax
    or $7, %rax
    cmp $0x3000, %ebx
    jb 3f
    mov %rax, pml4(%rbx)
  3: call random
    and $0x3fffff, %eax
    mov (%rax), %rdx
    mov %rdx, 8(%rax)
    invlpg (%rax)
    test $63, %dl
    jnz loop
    mov %cr3, %rax
    mov %rax, %cr3
    jmp loop
  random: imul $0x5851f42d, %r8, %r8
    add $0x14057b7e, %r8
    mov %r8, %rax
    shr $17, %rax
    ret
  on_fault: jmp loop
  .section .data
  .balign 16
  idt: .fill 512, 1, 0
  idtr: .word 511
    .quad idt
  .section .bss
  .balign 4096
  .fill 32768, 1, 0`;

for (const tlb of TLB_PRESETS) {
  test(`a guest that writes its own page tables at random stays inside its limits (TLB ${tlb})`, async () => {
    for (const seed of [1, 77, 4242]) {
      const pc = await Pc.create({ memory: 4 * MiB, tlb });
      pc.load(assemble(TABLE_WRITER.replace("SEED", String(seed))).bytes);
      const stop = pc.machine.run(500_000);
      assert.ok(["limit", "triple-fault", "idle", "tlb-full", "not-implemented"].includes(stop.kind), stop.kind);
      assert.ok(pc.machine.steps <= 500_000);
    }
  });
}
