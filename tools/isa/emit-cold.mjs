// Writes build/generated/cold.ts: a cold handler for each entry of semantics.mjs (any operands, any size), cold twins of the
// fused kinds, and the function that fills the table from rows to handlers.

import { semantics } from "./semantics.mjs";

const x = {
  bits: "(size << 3)",
  sx: (e) => `signExtend(${e}, size)`,
  zx: (e) => `zeroExtend(${e}, size)`,
  carry: "carry(cpu)",
};

function setFlags([op, a, b, r]) {
  const set = a === "0" && op === "FLAGS_RESULT" ? "" : ` cpu.flagsA = ${a};`;
  return `cpu.flagsOp = ${op};${set} cpu.flagsB = ${typeof b === "function" ? b(x) : b}; cpu.flagsR = ${r};`;
}

function handler(name, sem) {
  const lines = ["const size: u32 = load<u8>(rec, REC_SIZE);"];
  if (sem.read.includes("a")) lines.push(sem.write ? "const a = prepareDst(cpu, rec);" : "const a = readDst(cpu, rec);");
  if (sem.read.includes("b")) lines.push(sem.source ? `const b = readSrcSized(cpu, rec, ${sem.source});` : "const b = readSrc(cpu, rec);");
  lines.push("if (cpu.fault) return NEXT;");
  if (sem.count) lines.push(sem.count(x));
  if (sem.skip) lines.push(`if (${sem.skip}) {\n    writePrepared(cpu, rec, a);\n    return NEXT;\n  }`);
  lines.push(sem.body(x));
  if (sem.write) {
    if (sem.read.includes("a")) lines.push("writePrepared(cpu, rec, r);");
    else lines.push("writeDst(cpu, rec, r);", "if (cpu.fault) return NEXT;");
  }
  if (sem.flags) lines.push(setFlags(sem.flags));
  lines.push("return NEXT;");
  return `export function cold_${name}(cpu: Cpu, rec: usize): i32 {\n  ${lines.join("\n  ")}\n}`;
}

function fusedHandler({ template, size, form }) {
  const b = form === "ri" ? "<i64>load<i32>(rec, REC_DISP)" : `readReg(cpu, load<u8>(rec, REC_SRC), ${size})`;
  const body = template === "cmp"
    ? `const a = readReg(cpu, load<u8>(rec, REC_DST), ${size}); const b = ${b};
  cpu.flagsA = a; cpu.flagsB = b; cpu.flagsR = signExtend(a - b, ${size});`
    : `const r = readReg(cpu, load<u8>(rec, REC_DST), ${size}) & ${b};
  cpu.flagsA = r; cpu.flagsB = 0; cpu.flagsR = r;`;
  return `/** The first half of a fused pair, when the slice ends between the two. */
function fused_${template}${size * 8}_${form}(cpu: Cpu, rec: usize): i32 {
  ${body}
  cpu.flagsOp = FLAGS_SUB;
  cpu.rip += load<u8>(rec, REC_FIRST);
  return JUMP;
}`;
}

/** `exportsOf`: handler name -> module path below assembly/cpu. */
const PAIR_HANDLER = `/** The MOV of a pair, when the slice ends between the two. */
function moveOfPair(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  writeReg(cpu, load<u8>(rec, REC_DST), size, readReg(cpu, load<u8>(rec, REC_SRC), size));
  cpu.rip += load<u8>(rec, REC_FIRST);
  return JUMP;
}

/** Function-table index of the cold handler of MOV pairs. */
export function pairHandler(): u32 {
  return moveOfPair.index;
}`;

export function emitCold({ expanded, fuse, exportsOf }) {
  const used = new Set();
  const name = (row) => {
    if (typeof row.handler === "object") {
      if (!semantics[row.handler.template]) throw new Error(`${row.encoding}: no semantics for ${row.handler.template}`);
      return `cold_${row.handler.template}`;
    }
    used.add(row.handler);
    return `handle_${row.handler}`;
  };
  const fills = expanded.map(({ id, row }) => `  set(${id}, ${name(row)}.index);`);
  const byModule = new Map();
  for (const h of [...used].sort()) {
    const path = exportsOf.get(h);
    if (!path) throw new Error(`no function "${h}(cpu: Cpu, rec: usize): i32" is exported in assembly/cpu`);
    if (!byModule.has(path)) byModule.set(path, []);
    byModule.get(path).push(h);
  }
  const imports = [...byModule].map(([path, names]) => `import { ${names.map((n) => `${n} as handle_${n}`).join(", ")} } from "../../assembly/cpu/${path}";`);
  return `// Made by tools/isa/generate.mjs. Cold handlers of tools/isa/semantics.mjs, and the table from opcode rows to handlers.
import { Cpu, FLAGS_SUB, FLAGS_ADD, FLAGS_RESULT, FLAGS_SHL, FLAGS_SHR, FLAGS_SAR, FLAGS_MUL } from "../../assembly/cpu/state";
import { NEXT, JUMP, REC_SIZE, REC_DST, REC_SRC, REC_DISP, REC_FIRST } from "../../assembly/cpu/record";
import { carry } from "../../assembly/cpu/flags";
import { readReg, writeReg, readDst, readSrc, readSrcSized, prepareDst, writeDst, writePrepared, signExtend, zeroExtend } from "../../assembly/cpu/operand";
${imports.join("\n")}

const HANDLERS = memory.data(${(expanded.length + 1) * 2}, 2);
const FUSED = memory.data(${fuse.length * 2}, 2);

@inline
function set(row: u32, index: u32): void {
  store<u16>(HANDLERS + (row << 1), <u16>index);
}

/** Function-table index of the cold handler of opcode row \`row\`. */
@inline
export function handlerOf(row: u32): u32 {
  return load<u16>(HANDLERS + (row << 1));
}

/** Function-table index of the cold handler of the fused pairs of fuse row \`row\`. */
@inline
export function fusedHandlerOf(row: u32): u32 {
  return load<u16>(FUSED + (row << 1));
}

${Object.entries(semantics).map(([n, s]) => handler(n, s)).join("\n\n")}

${fuse.map(fusedHandler).join("\n\n")}

${PAIR_HANDLER}

/** Fills the tables; once, before the first instruction is decoded. */
export function initHandlers(): void {
${fills.join("\n")}
${fuse.map((f, i) => `  store<u16>(FUSED + ${i * 2}, <u16>fused_${f.template}${f.size * 8}_${f.form}.index);`).join("\n")}
}
`;
}
