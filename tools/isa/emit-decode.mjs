// Writes build/generated/decode-table.ts: the opcode maps and row words for assembly/cpu/decode.ts.

import { FORMS, SIZES, IMMS, MAP_COUNT, pack } from "./encode.mjs";
import { FIXED, FAMILIES, firstAccess, flagUse } from "./kinds.mjs";
import { semantics } from "./semantics.mjs";

const list = (name, type, values) =>
  `export const ${name}: usize = memory.data<${type}>([${values.join(", ")}]);`;

export function emitDecode({ expanded, cells, exact, kinds, groups, map, fuse, quiet, pairs }) {
  const { tables, groups: cellGroups } = pack(cells);
  const words = [0];
  for (const { row, ops, condition } of expanded) {
    const hotName = row.hot ?? row.handler.template;
    const hot = hotName === "jcc" ? 255 : groups.get(condition === undefined ? hotName : `${hotName}.${condition >> 1}`) ?? 0;
    const shift = ["shl", "shr", "sar", "rol", "ror"].includes(hotName) ? 1 : 0;
    const segment = row.segment ?? ops.segment ?? 15;
    words.push((FORMS.indexOf(ops.form) | (SIZES.indexOf(ops.size) << 5) | (IMMS.indexOf(ops.imm) << 9) | (Number(ops.byteE) << 12)
      | (Number(ops.byteG) << 13) | (Number(Boolean(row.lock)) << 14) | (Number(Boolean(row.end)) << 15) | (segment << 16) | (hot << 20) | (shift << 28)) >>> 0);
  }
  const hotKinds = new Array((groups.size + 1) * 32).fill(0);
  for (const [group, size, form, kind] of map) hotKinds[group * 32 + size * 8 + form] = kind;
  const fuseRow = new Array(kinds.length).fill(0);
  fuse.forEach((f, i) => { fuseRow[f.from] = i + 1; });
  const capital = (s) => s[0].toUpperCase() + s.slice(1);
  const jcc = Array.from({ length: 16 }, (_, cc) => FIXED.indexOf(FAMILIES[cc >> 1] ? `jcc${capital(FAMILIES[cc >> 1])}` : "jccRare"));
  const constants = (prefix, names) => names.map((n, i) => `export const ${prefix}_${n}: u32 = ${i};`).join("\n");
  return `// Made by tools/isa/generate.mjs from tools/isa/table. What assembly/cpu/decode.ts looks opcodes up in.

/** Opcode maps: one byte, 0F, 0F38, 0F3A, then the same three under VEX. */
export const MAP_COUNT: u32 = ${MAP_COUNT};
/** [mode: 0 legacy, 1 64-bit][map][opcode] u16: row, or 0x8000 | group, with 0x4000 if the group looks at the prefix only. */
${list("HEADS", "u16", [...tables[0], ...tables[1]])}
/** [group][modrm.reg][prefix: none 66 F3 F2][0 memory, 1 register] u16: row. */
${list("GROUPS", "u16", cellGroups)}
/** Whole modrm bytes that are instructions of their own: mode | map << 4 | opcode << 8 | modrm << 16, then row | set of prefixes << 16. */
${list("EXACT", "u32", exact.flatMap((e) => [(e.mode | (e.map << 4) | (e.opcode << 8) | (e.modrm << 16)) >>> 0, e.id | (e.prefixes << 16)]))}
export const EXACT_COUNT: u32 = ${exact.length};
/** Row words: form, size rule << 5, immediate rule << 9, byte E << 12, byte G << 13, LOCK << 14, end << 15, segment << 16, hot group << 20, shift << 28. */
${list("ROWS", "u32", words)}
/** [hot group][size 1 2 4 8][operand form] u16: hot kind, 0 if none. */
${list("HOT_KINDS", "u16", hotKinds)}
/** [condition] u16: hot kind of an unfused conditional jump. */
${list("JCC_KINDS", "u16", jcc)}
/** [hot kind] u8: 1 + fuse row, 0 if it does not fuse with a jump. */
${list("FUSE_ROW", "u8", fuseRow)}
/** [hot kind] u16: the kind that does a MOV to this one's destination before it, 0 if none; and which MOV that must be. */
${list("PAIR_KINDS", "u16", kinds.map((k) => pairs.find((p) => p.operation === k.n)?.both ?? 0))}
${list("PAIR_MOVES", "u16", kinds.map((k) => pairs.find((p) => p.operation === k.n)?.move ?? 0))}
/** [hot kind] u8: 0 flags before it may be seen, 1 it does nothing to them, 2 it replaces them all. */
${list("FLAG_USE", "u8", kinds.map((k) => flagUse(k, semantics)))}
/** [hot kind] u8: bytes that it accesses first through its address form, | 0x80 if it writes them; 0 if none. */
${list("FIRST_ACCESS", "u8", kinds.map((k) => firstAccess(k, semantics)))}
/** [hot kind] u16: the twin that leaves the flags alone, 0 if none. */
${list("QUIET_KINDS", "u16", kinds.map((k) => quiet.find(([from]) => from === k.n)?.[1] ?? 0))}
/** [hot kind] u16: the kind that it is the quiet twin of, itself if it is none. */
${list("LOUD_KINDS", "u16", kinds.map((k) => quiet.find(([, twin]) => twin === k.n)?.[0] ?? k.n))}
/** [fuse row][condition] u16: hot kind of the pair, 0 if none. */
${list("FUSE_KINDS", "u16", fuse.flatMap((f) => f.byCondition))}
export const HOT_JCC: u32 = 255;
${constants("KIND", FIXED.map((n) => n.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()))}
${constants("FORM", FORMS)}
${constants("SIZE", SIZES)}
${constants("IMM", IMMS)}
`;
}
