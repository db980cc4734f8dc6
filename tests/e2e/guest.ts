// Builds small guests from assembly for the end-to-end tests: a multiboot ELF64 image that is in 64-bit
// mode, with the first 4 GiB mapped to themselves by four pages, when the test's code begins.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Entry in 32-bit protected mode (multiboot); goes on at `main` in 64-bit mode. EBX is kept. */
const PROLOGUE = `
	.section .text
	.code32
	.balign 4
	.long 0x1badb002, 3, -(0x1badb002 + 3)
	.globl _start
_start:
	cld
	movl $stack_top, %esp
	movl $0x20, %eax		/* CR4.PAE */
	movl %eax, %cr4
	movl $pml4, %eax
	movl %eax, %cr3
	movl $0xc0000080, %ecx		/* EFER: LME, NXE, SCE */
	rdmsr
	orl $0x901, %eax
	wrmsr
	movl $0x80010001, %eax		/* CR0: PG, WP, PE */
	movl %eax, %cr0
	lgdt gdtr
	ljmp $8, $enter64
	.code64
enter64:
	xorl %eax, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl $stack_top, %esp
	jmp main
/* Prints the text at RSI, which ends in a zero byte, on COM1. */
puts:
	movl $0x3f8, %edx
1:	lodsb
	testb %al, %al
	jz 2f
	outb %al, %dx
	jmp 1b
2:	ret
/* Leaves through isa-debug-exit with the value in EAX. */
leave:
	outl %eax, $0xf4
	hlt
	.section .data
	.balign 4096
pml4:	.quad pdpt + 7
	.fill 511, 8, 0
pdpt:	.quad 0x87, 0x40000087, 0x80000087, 0xc0000087
	.fill 508, 8, 0
	.balign 8
gdt:	.quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
gdtr:	.word 23
	.quad gdt
	.section .bss
	.balign 16
	.fill 16384, 1, 0
stack_top:
	.section .text
`;

/** Code that lets what COM1 receives interrupt at vector 0x24, IRQ 4 of the 8259, whose handler is at `on_irq`. */
export const COM1_INTERRUPTS = `lidt idtr
      lea on_irq, %rax
      mov %ax, idt + 0x24 * 16
      movw $8, idt + 0x24 * 16 + 2
      movw $0x8e00, idt + 0x24 * 16 + 4
      shr $16, %rax
      mov %ax, idt + 0x24 * 16 + 6
      mov $0x11, %al; out %al, $0x20; mov $0x20, %al; out %al, $0x21
      mov $4, %al; out %al, $0x21; mov $1, %al; out %al, $0x21
      mov $0xef, %al; out %al, $0x21
      mov $0x3f9, %edx; mov $1, %al; out %al, %dx
      sti`;

/** The interrupt descriptor table that it fills in. */
export const INTERRUPT_TABLE = `.section .data
    .balign 16
    idt: .fill 4096, 1, 0
    idtr: .word 4095
      .quad idt`;

/** Folder for what a test makes; it is gone when the process ends. */
export const scratch = mkdtempSync(join(tmpdir(), "shootdown-test-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

const [compiler, ...compilerFlags] = findCompiler();
let made = 0;

/** gcc, or clang with lld: the same choice as the build's. */
function findCompiler(): [string, ...string[]] {
  const name = process.env["CC"] ?? (spawnSync("gcc", ["--version"]).status === 0 ? "gcc" : "clang");
  return name.includes("clang") ? [name, "--target=x86_64-unknown-none-elf", "-fuse-ld=lld"] : [name];
}

/** The image for `code`, which begins at `main` in 64-bit mode. Returns its bytes and where it is on disk. */
export function assemble(code: string, prologue = PROLOGUE): { bytes: Uint8Array; file: string } {
  const source = join(scratch, `guest${made}.S`);
  const file = join(scratch, `guest${made++}.elf`);
  writeFileSync(source, `${prologue}\n${code}\n`);
  const flags = ["-nostdlib", "-static", "-no-pie", "-Wl,-Ttext=0x100000", "-Wl,-z,max-page-size=4096", "-Wl,--build-id=none"];
  const result = spawnSync(compiler, [...compilerFlags, ...flags, "-o", file, source], { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${compiler} failed:\n${result.stderr}`);
  return { bytes: readFileSync(file), file };
}
