// Writes build/generated/templates.ts: the body of each case of the hot loop as a function of its own, from the same text. The
// compiler (src/machine/compiler) evaluates such a function for a record that it knows, so it needs no meaning of its own.
//
// What the loop keeps in locals from one record to the next is a global here. `continue` is a call of `next`, `break` one of
// `leave`: calls that the optimiser can neither merge nor move.

import { HOT_IMPORTS, HOT_CONSTANTS, bodyText } from "./emit-hot.mjs";

/** Kinds whose case does nothing but leave: they have no template. */
const EMPTY = ["cold", "stub", "lookup", "compiled", "jccRare"];

function template(kind) {
  const body = bodyText({ ...kind, early: false, split: true })
    .replace(/\bcontinue;/g, "{ next(rec); return; }")
    .replace(/\bbreak;/g, "{ leave(rec); return; }");
  return `/** ${kind.name} */\nexport function kind${kind.n}(rec: usize): void {\n  let t: u64 = 0; let e: usize = 0; let h: usize = 0;\n  ${body}\n}`;
}

/** What the loop keeps in locals, and words that it only reads: type, and where in Cpu it lies. */
const STATE = { fop: ["i32", "flagsOp"], fa: ["i64", "flagsA"], fb: ["i64", "flagsB"], fr: ["i64", "flagsR"], left: ["i32", "left"] };
const FIXED = { front: ["u32", "front"], fetch: ["u32", "fetch"] };

export function emitTemplates({ kinds }) {
  const numberOf = (name) => kinds.find((kind) => kind.name === name).n;
  return `// Made by tools/isa/generate.mjs. The cases of the hot loop one by one, for src/machine/compiler.
${HOT_IMPORTS}

@external("out", "next") declare function next(rec: usize): void;
@external("out", "leave") declare function leave(rec: usize): void;

${HOT_CONSTANTS}

export const KIND_STUB: u32 = ${numberOf("stub")};
export const KIND_COMPILED: u32 = ${numberOf("compiled")};

${Object.entries(STATE).map(([name, [type]]) => `export let ${name}: ${type} = 0;`).join("\n")}
${Object.entries({ ...STATE, ...FIXED }).map(([name, [, field]]) => `export const ${name}At: usize = cpu + offsetof<Cpu>("${field}");`).join("\n")}

${kinds.filter((kind) => !EMPTY.includes(kind.name)).map(template).join("\n\n")}
`;
}
