// Writes build/generated/templates.ts: the body of each case of the hot loop as a function of its own, from the same text. The
// compiler (src/machine/compiler) evaluates such a function for a record that it knows, so it needs no meaning of its own.
//
// What the loop keeps in locals from one record to the next is a global here. `continue` is a call of `next`, `break` one of
// `leave`: calls that the optimiser can neither merge nor move.

import { HOT_IMPORTS, HOT_CONSTANTS, bodyText } from "./emit-hot.mjs";

const COMPILED = ["cold", "stub", "lookup", "compiled", "jccRare"];

/** Whether the case of `kind` does anything but leave. */
const works = (kind) => !COMPILED.includes(kind.name);

function template(kind) {
  const body = bodyText({ ...kind, early: false, split: true })
    .replace(/\bcontinue;/g, "{ next(rec); return; }")
    .replace(/\bbreak;/g, "{ leave(rec); return; }");
  return `/** ${kind.name} */\nexport function kind${kind.n}(rec: usize): void {\n  let t: u64 = 0; let e: usize = 0; let h: usize = 0;\n  ${body}\n}`;
}

export function emitTemplates({ kinds }) {
  return `// Made by tools/isa/generate.mjs. The cases of the hot loop one by one, for src/machine/compiler.
${HOT_IMPORTS}

@external("out", "next") declare function next(rec: usize): void;
@external("out", "leave") declare function leave(rec: usize): void;

${HOT_CONSTANTS}

export const KIND_STUB: u32 = ${kinds.find((kind) => kind.name === "stub").n};
export const KIND_COMPILED: u32 = ${kinds.find((kind) => kind.name === "compiled").n};

export let fop: i32 = 0;
export let fa: i64 = 0;
export let fb: i64 = 0;
export let fr: i64 = 0;
export let left: i32 = 0;

export const fopAt: usize = cpu + offsetof<Cpu>("flagsOp");
export const faAt: usize = cpu + offsetof<Cpu>("flagsA");
export const fbAt: usize = cpu + offsetof<Cpu>("flagsB");
export const frAt: usize = cpu + offsetof<Cpu>("flagsR");
export const leftAt: usize = cpu + offsetof<Cpu>("left");
export const frontAt: usize = cpu + FRONT;
export const fetchAt: usize = cpu + FETCH;

${kinds.filter(works).map(template).join("\n\n")}
`;
}
