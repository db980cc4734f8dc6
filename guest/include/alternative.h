/*
 * alternative.h - instructions that exist only on some CPUs, patched in at boot.
 * STAC and CLAC are #UD without SMAP, so each place holds a three-byte NOP and
 * a record {address, instruction}; apply_alternatives() writes the real one if
 * the boot CPU has SMAP, before any other CPU starts and before text is read-only.
 */
#ifndef GUEST_ALTERNATIVE_H
#define GUEST_ALTERNATIVE_H

#ifdef __ASSEMBLER__

.macro SMAP_INSN b2
661:	.byte 0x0f, 0x1f, 0x00
	.pushsection .altinstructions, "a"
	.quad 661b
	.byte 0x0f, 0x01, \b2, 0, 0, 0, 0, 0
	.popsection
.endm

#define ASM_CLAC SMAP_INSN 0xca
#define ASM_STAC SMAP_INSN 0xcb

#else

void apply_alternatives(void);

#endif
#endif
