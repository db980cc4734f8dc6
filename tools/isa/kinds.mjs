// Numbers the hot kinds and says which template, size and operand form leads to which.

import { HOT, SPECIAL, FUSED, CONDITIONS } from "./hot-kinds.mjs";

/** Operand forms as the decoder computes them (assembly/cpu/decode.ts, `hotForm`). */
export const FORM_INDEX = { rr: 0, r: 0, n: 0, j: 0, rm: 1, mr: 2, m: 2, ri: 3, i: 3, mi: 4, rc: 5, rb: 6, br: 7 };
export const SIZE_INDEX = { 1: 0, 2: 1, 4: 2, 8: 3 };

/** Kinds that are not instructions of the table. */
export const FIXED = ["cold", "crossTaken", "crossFall", "chain", "jccZero", "jccNotZero", "jccSign", "jccNotSign", "jccAny"];

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
  return { kinds, groups, map, fuse };
}
