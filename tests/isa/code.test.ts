// Code that changes, code at the ends of pages, and the limits of an instruction.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { REGISTER_CR2, REGISTER_CR3 } from "../../assembly/probe/registers.js";
import { bytesOf } from "./assemble.js";
import { Bench, registersWith } from "./harness.js";
import { PAGE_TABLE, STACK_TOP } from "./guest-image.js";

const WITH_NEXT_ABSENT = 0x240000;
/** I/D in the error code of a page fault: NX is enabled (SDM 3A 4.7). */
const FETCH = 0x10n;
let bench: Bench;

before(async () => {
  bench = await Bench.create();
});

/** Takes the 4 KiB page at `page` away from the guest. */
function unmap(page: number): void {
  new DataView(bench.ram.buffer, bench.ram.byteOffset).setBigUint64(PAGE_TABLE + ((page - 0x200000) >> 12) * 8, 0n, true);
  bench.set(REGISTER_CR3, bench.get(REGISTER_CR3));
}

const bothWays = (run: (single: boolean) => void): void => [false, true].forEach(run);

test("a store into the instruction that follows is seen by it", () => {
  bothWays((single) => {
    // mov byte [rbx], 7; mov al, 1 (the 1 becomes 7)
    const at = bench.place([0xc6, 0x03, 0x07, 0xb0, 0x01]);
    const after = bench.run(at, registersWith({ 3: BigInt(at + 4) }), 0n, 4, single);
    assert.equal(after.registers[0], 7n);
  });
});

test("a loop that rewrites its own body runs what it wrote each time", () => {
  bothWays((single) => {
    // again: add byte [rbx], 1; mov al, 0; add rdx, rax; dec ecx; jnz again
    const at = bench.place([0x80, 0x03, 0x01, 0xb0, 0x00, 0x48, 0x01, 0xc2, 0xff, 0xc9, 0x75, 0xf4]);
    const after = bench.run(at, registersWith({ 1: 10n, 3: BigInt(at + 4) }), 0n, 52, single);
    assert.equal(after.registers[2], 55n);
    assert.equal(after.rip, BigInt(at + 12));
  });
});

test("a store to code on another page is seen when that page is next called", () => {
  bothWays((single) => {
    const callee = bench.place([0xb8, ...bytesOf(1, 4), 0xc3], 0x10); // mov eax, 1; ret
    // call rsi; mov [rdi], dl; add r8, rax; call rsi; add r8, rax
    const at = bench.place([0xff, 0xd6, 0x88, 0x17, 0x49, 0x01, 0xc0, 0xff, 0xd6, 0x49, 0x01, 0xc0], 0x20);
    const after = bench.run(at, registersWith({ 2: 100n, 6: BigInt(callee), 7: BigInt(callee + 1) }), 0n, 12, single);
    assert.equal(after.registers[8], 101n);
  });
});

test("a string store over code that ran is seen", () => {
  bothWays((single) => {
    const callee = bench.place([...new Array<number>(16).fill(0x90), 0xc3], 0x100);
    // call rsi; mov ecx, 8; mov eax, 0xc0ff (inc eax); rep stosw; xor eax, eax; call rsi
    const at = bench.place([0xff, 0xd6, 0xb9, ...bytesOf(8, 4), 0xb8, ...bytesOf(0xc0ff, 4), 0x66, 0xf3, 0xab, 0x31, 0xc0, 0xff, 0xd6]);
    const after = bench.run(at, registersWith({ 6: BigInt(callee), 7: BigInt(callee) }), 0n, 40, single);
    assert.equal(after.registers[0], 8n);
  });
});

test("an instruction whose second page is absent faults with the address of that page", () => {
  unmap(WITH_NEXT_ABSENT + 0x1000);
  bothWays((single) => {
    const at = WITH_NEXT_ABSENT + 0xffd;
    bench.ram.set([0x48, 0xc7, 0xc0], at); // mov rax, imm32, cut off
    const after = bench.run(at, registersWith({}), 0n, 2, single);
    assert.deepEqual(after.fault, { vector: 14, code: FETCH });
    assert.equal(bench.get(REGISTER_CR2), BigInt(WITH_NEXT_ABSENT + 0x1000));
    assert.equal(after.rip, BigInt(at));
  });
});

test("instructions that end with their page need nothing of the next", () => {
  const lasts: [string, number[]][] = [
    ["nop", [0x90]], ["xchg r8, rax", [0x49, 0x90]], ["add eax, ebx", [0x01, 0xd8]], ["shl eax, cl", [0xd3, 0xe0]], ["bsf eax, ecx", [0x0f, 0xbc, 0xc1]],
    ["sfence", [0x0f, 0xae, 0xf8]], ["mov al, imm8", [0xb0, 0x07]], ["pop rax", [0x58]], ["cbw", [0x66, 0x98]],
  ];
  for (const [name, bytes] of lasts) bothWays((single) => {
    bench.core.afterRestore();
    const at = WITH_NEXT_ABSENT + 0x1000 - bytes.length;
    bench.ram.set(bytes, at);
    const after = bench.run(at, registersWith({}), 0n, 1, single);
    assert.equal(after.fault, undefined, name);
    assert.equal(after.rip, BigInt(WITH_NEXT_ABSENT + 0x1000), name);
    bench.core.run(1n);
    assert.deepEqual(bench.state().fault, { vector: 14, code: FETCH }, name);
  });
});

test("an instruction across two pages that are not neighbours in memory is put together from both", () => {
  const page = 0x250000;
  const other = 0x252000;
  // The second linear page shows a frame elsewhere.
  new DataView(bench.ram.buffer, bench.ram.byteOffset).setBigUint64(PAGE_TABLE + ((page + 0x1000 - 0x200000) >> 12) * 8, BigInt(other) | 7n, true);
  bench.set(REGISTER_CR3, bench.get(REGISTER_CR3));
  bothWays((single) => {
    bench.core.afterRestore();
    bench.ram.set([0x90, 0x48, 0xb8, 0x11, 0x22], page + 0xffb); // nop; mov rax, imm64
    bench.ram.set([0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0xeb, 0xfe], other);
    const after = bench.run(page + 0xffb, registersWith({}), 0n, 3, single);
    assert.equal(after.registers[0], 0x8877665544332211n);
    assert.equal(after.rip, BigInt(page + 0x1006));
  });
});

test("the second half of an instruction across pages can be rewritten while it is in a loop", () => {
  const page = 0x260000;
  bothWays((single) => {
    bench.core.afterRestore();
    // at ffe: add rax, imm8 with the immediate on the next page; then inc byte [rbx]; dec ecx; jnz back
    bench.ram.set([0x48, 0x83, 0xc0, 0x01, 0xfe, 0x03, 0xff, 0xc9, 0x75, 0xf6, 0xeb, 0xfe], page + 0xffd);
    const after = bench.run(page + 0xffd, registersWith({ 1: 4n, 3: BigInt(page + 0x1000) }), 0n, 18, single);
    assert.equal(after.registers[0], 10n);
  });
});

test("fifteen bytes are an instruction, sixteen are #GP", () => {
  bothWays((single) => {
    const most = bench.place([...new Array<number>(14).fill(0x66), 0x90]);
    assert.equal(bench.run(most, registersWith({}), 0n, 1, single).rip, BigInt(most + 15));
    const over = bench.place([...new Array<number>(15).fill(0x66), 0x90]);
    assert.deepEqual(bench.run(over, registersWith({}), 0n, 2, single).fault, { vector: 13, code: 0n });
  });
});

test("a jump, call or return to an address that is not canonical faults at the instruction, with the stack as it was", () => {
  const target = 0x0000800000000000n;
  const jumps: [string, number[]][] = [["jmp rax", [0xff, 0xe0]], ["call rax", [0xff, 0xd0]], ["ret", [0xc3]], ["ret 8", [0xc2, 8, 0]]];
  for (const [name, bytes] of jumps) bothWays((single) => {
    const at = bench.place([0x90, ...bytes]);
    new DataView(bench.ram.buffer, bench.ram.byteOffset).setBigUint64(STACK_TOP, target, true);
    const before = registersWith({ 0: target });
    const after = bench.run(at, before, 0n, 3, single);
    assert.deepEqual(after.fault, { vector: 13, code: 0n }, name);
    assert.equal(after.rip, BigInt(at + 1), name);
    assert.deepEqual(after.registers, before, name);
  });
});

test("a 64-bit moffs address is used as it stands", () => {
  bothWays((single) => {
    const at = bench.place([0x48, 0xa1, ...bytesOf(0x300010n, 8), 0x48, 0xa3, ...bytesOf(0x300018n, 8), 0x48, 0xa1, ...bytesOf(0x123456789an, 8)]);
    new DataView(bench.ram.buffer, bench.ram.byteOffset).setBigUint64(0x300010, 0x1122334455667788n, true);
    const after = bench.run(at, registersWith({}), 0n, 4, single);
    assert.equal(new DataView(bench.ram.buffer, bench.ram.byteOffset).getBigUint64(0x300018, true), 0x1122334455667788n);
    assert.deepEqual(after.fault, { vector: 14, code: 0n });
    assert.equal(bench.get(REGISTER_CR2), 0x123456789an);
  });
});
