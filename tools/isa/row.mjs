// The language of the opcode table: one `row` for each encoding.
//
//   row("0F A4", "Ev,Gv,Ib", "shldImm", { lock: true })
//
// Encoding: bytes in hex after a map name (none = one byte, 0F, 0F38, 0F3A, VEX.0F38 ...), then
//   /n  modrm.reg must be n        m, r  modrm must name memory, a register       =XX  the whole modrm byte
//   +r  low three bits are a register (eight rows)          +cc  low four bits are a condition (sixteen rows)
// Operands, in Intel order, with the letters of the SDM's opcode maps:
//   E r/m  G reg  Z register in the opcode  I immediate  J relative  O moffs  M memory  S segment  V VEX.vvvv  A far pointer
//   b w d q  1, 2, 4, 8 bytes   v  2, 4, 8 by prefixes   y  4 or 8   z  2 or 4   q after E, Z, I or alone: stack, 8 in
//   64-bit mode, 2 with 66   n near branches, 8 in 64-bit mode in any case.  Ibs: byte, sign-extended to operand size (so are all; the letter is the SDM's).
// Handler: a function `(cpu, rec)` exported in assembly/cpu/, or template(name): an entry of semantics.mjs, of which the
//   generator makes the cold handler and the hot kinds.
// Options: lock (LOCK allowed), end (closes a block), mode ("64" or "legacy"), prefix (none, 66, F3, F2 or several), hot (kinds of
//   that template beside a hand-written cold handler), segment (fixed segment register number; 14: the address
//   takes no segment base, as LEA's).

/** A handler that is made from semantics.mjs. */
export function template(name) {
  return { template: name };
}

/** One or more encodings of one instruction. */
export function row(encoding, operands, handler, options = {}) {
  return { encoding, operands, handler, ...options };
}

/** Rows for an opcode whose modrm.reg selects the instruction: [digit, handler, operands or options]. */
export function group(opcode, operands, members) {
  return members.map(([digit, handler, extra]) =>
    typeof extra === "string" ? row(`${opcode} /${digit}`, extra, handler) : row(`${opcode} /${digit}`, operands, handler, extra));
}
