// A run that goes on from a snapshot is the run that was not interrupted, in every bit of state that the hash covers, TLBs and
// counters among it: although front caches, decoded code and compiled code begin empty then.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Machine, MiB, Pc, type PcOptions } from "shootdown";
import { assemble } from "./guest.ts";

/**
 * 257 pages of code, called at random. Each stores into itself, which is a walk if D was cleared before: that walk takes the
 * page out of the first-level instruction TLB while it is being executed. Then come jumps within the page, some of them
 * through a register, and sometimes a call of the next page.
 */
const PAGES = assemble(`
  main: lea pd + 7, %rax
    mov %rax, pdpt + 8
    lea pt + 7, %rax
    mov %rax, pd
    mov $0x400007, %eax
    xor %ecx, %ecx
  1: mov %rax, pt(, %rcx, 8)
    add $4096, %rax
    inc %ecx
    cmp $257, %ecx
    jne 1b
    mov $0x400000, %edi
  2: push %rdi
    lea page, %rsi
    mov $page_end - page, %ecx
    rep movsb
    pop %rdi
    add $4096, %rdi
    cmp $0x501000, %rdi
    jne 2b
    movabs $6364136223846793005, %r15
    movabs $1442695040888963407, %r14
  again: imul %r15, %rbx
    add %r14, %rbx
    mov %rbx, %rdx
    shr $56, %rdx
    mov %rdx, %rax
    shl $12, %rdx
    or $0x40000000, %edx
    bt $40, %rbx
    jc 3f
    btrw $6, pt(, %rax, 8)
    invlpg (%rdx)
  3: call *%rdx
    jmp again
  page: mov $3, %ecx
    bt $50, %rbx
    jc 4f
    incq page + 2048(%rip)
  4: dec %ecx
    jnz 4b
    bt $45, %rbx
    jnc 5f
    lea 5f(%rip), %rax
    jmp *%rax
  5: rol $1, %rbx
    mov %ebx, %eax
    and $0x70ff, %eax
    jnz 6f
    lea page + 4096(%rip), %rax
    bt $20, %eax
    jc 6f
    call *%rax
  6: ret
  page_end:
  .data
  .balign 4096
  pd: .fill 512, 8, 0
  pt: .fill 512, 8, 0
`).bytes;

async function machineWith(options: PcOptions, image = PAGES): Promise<Machine> {
  const pc = await Pc.create({ memory: 16 * MiB, ...options });
  pc.load(image);
  return pc.machine;
}

/** Goes on from a snapshot of where `machine` stands. */
const restart = (machine: Machine): void => machine.restore(machine.snapshot());

for (const tlb of ["skylake", "zen3", "sticky", "none"] as const) {
  test(`a run that goes on from snapshots at odd moments is the same one (TLB ${tlb})`, async () => {
    const [whole, pieces] = await Promise.all([machineWith({ tlb }), machineWith({ tlb })]);
    for (let end = 40_000, size = 1; end <= 160_000; end += 40_000) {
      whole.run(end - whole.steps);
      while (pieces.steps < end) {
        size = (size * 7 + 3) % 2003;
        pieces.run(Math.min(size, end - pieces.steps));
        restart(pieces);
      }
      assert.equal(pieces.stateHash(), whole.stateHash(), `after ${end} steps`);
    }
    assert.ok(whole.counters().itlb_misses > 1000, "the guest was to miss the instruction TLB");
  });
}

test("a run that goes on from a snapshot within any of its turns is the same one", async () => {
  const machine = await machineWith({});
  machine.run(150_000);
  const start = machine.snapshot();
  machine.run(3000);
  const expected = machine.stateHash();
  for (let steps = 1; steps < 3000; steps += 11) {
    machine.restore(start);
    machine.run(steps);
    restart(machine);
    machine.run(3000 - steps);
    assert.equal(machine.stateHash(), expected, `restored after ${steps} steps`);
  }
});

test("it is so too where one run is compiled and the other is not", async () => {
  const [whole, pieces] = await Promise.all([machineWith({}), machineWith({ compile: false })]);
  for (let end = 1_000_000; end <= 5_000_000; end += 1_000_000) {
    whole.run(end - whole.steps);
    while (pieces.steps < end) {
      pieces.run(Math.min(100_003, end - pieces.steps));
      restart(pieces);
    }
    assert.equal(pieces.stateHash(), whole.stateHash(), `after ${end} steps`);
  }
  assert.ok(whole.functionsCompiled > 0, "nothing was compiled");
});

/**
 * A page at 40000000H, of which there are two copies that differ in the numbers that they load. It is made to map the second
 * copy while the first is executed; then it stores into itself, for which it is walked; then comes INVLPG.
 */
const TWO_COPIES = assemble(`
  main: lea pd + 7, %rax
    mov %rax, pdpt + 8
    lea pt + 7, %rax
    mov %rax, pd
    movq $0x400007, pt
    mov $0x400000, %edi
    call copy
    mov $0x401000, %edi
    call copy
    movb $2, 0x401000 + first - page
    movb $3, 0x401000 + second - page
    mov $0x40000000, %edx
    jmp *%rdx
  copy: lea page, %rsi
    mov $page_end - page, %ecx
    rep movsb
    ret
  page: movq $0x401007, pt
    incq page + 2048(%rip)
    lea 1f(%rip), %rax
    jmp *%rax
    .byte 0xb8
  1: .byte 0xb8			/* mov $1, %eax: of the first copy */
  first: .long 1
    invlpg (%rdx)
    .byte 0xb9			/* mov $3, %ecx: of the second */
  second: .long 4
    shl $4, %eax
    or %ecx, %eax
    out %eax, $0xf4
    hlt
  page_end:
  .data
  .balign 4096
  pd: .fill 512, 8, 0
  pt: .fill 512, 8, 0
`).bytes;

for (const tlb of ["skylake", "zen3", "sticky", "none"] as const) {
  test(`code runs on in the frame that control came to until its page is invalidated, restored or not (TLB ${tlb})`, async () => {
    const [whole, pieces] = await Promise.all([machineWith({ tlb }, TWO_COPIES), machineWith({ tlb }, TWO_COPIES)]);
    assert.deepEqual(whole.run(10_000), { kind: "exit", value: 0x13, status: 0x27 });
    for (;;) {
      const stop = pieces.run(1);
      if (stop.kind !== "limit") break;
      restart(pieces);
    }
    assert.equal(pieces.steps, whole.steps);
    assert.equal(pieces.stateHash(), whole.stateHash());
  });
}
