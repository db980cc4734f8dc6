// Numbers the hot kinds and says which template, size and operand form leads to which.

import { HOT, SPECIAL, FUSED, QUIET, PAIRS, EARLY, CONDITIONS } from "./hot-kinds.mjs";

/** Operand forms as the decoder computes them (assembly/cpu/select.ts, `hotKind`). */
export const FORM_INDEX = { rr: 0, r: 0, n: 0, j: 0, rm: 1, mr: 2, m: 2, ri: 3, i: 3, mi: 4, rc: 5, rb: 6, br: 7 };
export const SIZE_INDEX = { 1: 0, 2: 1, 4: 2, 8: 3 };

/** Condition family by cc >> 1; overflow and parity are left to cold handlers. */
export const FAMILIES = [null, "carry", "zero", "belowEqual", "sign", null, "less", "lessEqual"];

/** Kinds that are not instructions of the table. */
export const FIXED = ["cold", "stub", "lookup", "compiled", "crossTaken", "crossFall", "chain", "jccCarry", "jccZero", "jccBelowEqual", "jccSign", "jccLess", "jccLessEqual", "jccRare"];

/** What a kind does to the flags before it: 0 they may be seen, 1 nothing, 2 it replaces them all and cannot fault first. */
export function flagUse(kind, semantics) {
  if (kind.fused) return 2;
  const sem = kind.template && semantics[kind.template];
  if (sem) {
    if (["rm", "rb", "mr", "mi", "m", "br", "rc"].includes(kind.form)) return 0;
    if (!sem.flags) return 1;
    return sem.body({ sx: String, zx: String, bits: 64, carry: "carried" }).includes("carried") ? 0 : 2;
  }
  if (["lea", "nop"].includes(kind.special)) return 1;
  return kind.special === "imul3" ? 2 : 0;
}

/** What a kind reads or writes through its address form before anything else: bytes | 0x80 if it writes them; 0 nothing. */
export function firstAccess({ template, form, size }, semantics) {
  const sem = template && semantics[template];
  // A kind that also stops where CF is not at hand does not say by stopping that the access missed.
  if (!sem || sem.body({ sx: String, zx: String, bits: 64, carry: "carried" }).includes("carried")) return 0;
  if (["mr", "mi", "m", "br"].includes(form)) return size | (sem.write ? 0x80 : 0);
  return ["rm", "rb"].includes(form) ? sem.source ?? size : 0;
}

export function numberKinds() {
  const kinds = FIXED.map((name, n) => ({ n, name, fixed: true }));
  const groups = new Map(); // template -> group id
  const group = (t) => { if (!groups.has(t)) groups.set(t, groups.size + 1); return groups.get(t); };
  const map = []; // [group, size index, form index, kind]
  const add = (kind) => { kind.n = kinds.length; kinds.push(kind); return kind.n; };
  for (const [template, sizes, forms] of HOT) for (const size of sizes) for (const form of forms) {
    const n = add({ name: `${template}${size * 8}_${form}`, template, size, form });
    map.push([group(template), SIZE_INDEX[size], FORM_INDEX[form], n]);
  }
  for (const [special, sizes, forms] of SPECIAL) for (const form of forms) {
    if (form === "cc") {
      for (const size of sizes) FAMILIES.forEach((family, index) => {
        if (!family) return;
        const n = add({ name: `${special}${size * 8}_${family}`, special, size, form, family });
        map.push([group(`${special}.${index}`), SIZE_INDEX[size], FORM_INDEX.rr, n]);
      });
      continue;
    }
    if (form === "any") {
      const n = add({ name: special, special, form });
      for (const size of sizes) for (let f = 0; f < 8; f++) map.push([group(special), SIZE_INDEX[size], f, n]);
      continue;
    }
    for (const size of sizes) {
      const n = add({ name: `${special}${size * 8}_${form}`, special, size, form });
      map.push([group(special), SIZE_INDEX[size], FORM_INDEX[form], n]);
    }
  }
  const fuse = []; // {from kind, cc -> kind}
  for (const [template, sizes, forms, conditions] of FUSED) for (const size of sizes) for (const form of forms) {
    const from = kinds.find((k) => k.template === template && k.size === size && k.form === form);
    const row = { from: from.n, template, size, form, byCondition: new Array(16).fill(0) };
    for (const cc of conditions) row.byCondition[CONDITIONS.indexOf(cc)] = add({ name: `${template}${size * 8}_${form}_j${cc}`, fused: template, size, form, cc });
    fuse.push(row);
  }
  const find = (template, size, form) => kinds.find((k) => k.template === template && k.size === size && k.form === form && !k.quiet && !k.pair);
  const quiet = []; // [kind, its twin]
  for (const [template, sizes, forms] of QUIET) for (const size of sizes) for (const form of forms) {
    const from = find(template, size, form);
    quiet.push([from.n, add({ ...from, name: `${from.name}_quiet`, quiet: true })]);
  }
  const pairs = []; // {kind of MOV, kind of the operation, kind of both}
  for (const [template, sizes, forms] of PAIRS) for (const size of sizes) for (const form of forms) {
    const from = find(template, size, form);
    const both = add({ ...from, name: `mov_${from.name}`, pair: true });
    quiet.push([both, add({ ...from, name: `mov_${from.name}_quiet`, pair: true, quiet: true })]);
    pairs.push({ move: find("mov", size, "rr").n, operation: from.n, both });
  }
  return putEarlyLast({ kinds, groups, map, fuse, quiet, pairs });
}

/** Numbers the kinds anew so that those of EARLY come last, in EARLY's order: one comparison tells them from the rest. */
function putEarlyLast({ kinds, groups, map, fuse, quiet, pairs }) {
  const early = EARLY.map((name) => kinds.find((k) => k.name === name) ?? fail(`no kind "${name}"`));
  const order = [...kinds.filter((k) => !early.includes(k)), ...early];
  const renumbered = new Map(order.map((kind, n) => [kind.n, n]));
  const to = (n) => renumbered.get(n);
  return {
    kinds: order.map((kind, n) => ({ ...kind, n, early: early.includes(kind) })),
    groups,
    map: map.map(([group, size, form, n]) => [group, size, form, to(n)]),
    fuse: fuse.map((row) => ({ ...row, from: to(row.from), byCondition: row.byCondition.map((n) => (n ? to(n) : 0)) })),
    quiet: quiet.map(([from, twin]) => [to(from), to(twin)]),
    pairs: pairs.map((p) => ({ move: to(p.move), operation: to(p.operation), both: to(p.both) })),
  };
}

function fail(message) {
  throw new Error(message);
}
