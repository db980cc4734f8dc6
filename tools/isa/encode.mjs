// From the table's rows to numbers that the decoder can use: maps, groups, row words, handlers.

const MAPS = ["1", "0F", "0F38", "0F3A", "VEX.0F", "VEX.0F38", "VEX.0F3A"];
export const MAP_COUNT = MAPS.length;

/** Operand shapes the decoder knows (assembly/cpu/decode.ts has a case for each). */
export const FORMS = ["NONE", "E", "EG", "GE", "EI", "AI", "GEI", "EGI", "Z", "ZI", "AZ", "I", "J", "AO", "OA", "FAR", "E1", "ECL",
  "A", "R", "ENTER", "GEV", "EV"];
/** Operand-size rules. */
export const SIZES = ["B", "V", "Q", "Y", "W", "D", "QWORD", "CR", "AXD", "NEAR"];
/** Immediate rules. */
export const IMMS = ["NONE", "B", "Z", "V", "W", "ONE"];

const PREFIXES = { none: 0, 66: 1, F3: 2, F2: 3 };

function prefixSet(row) {
  const p = row.prefix;
  if (p === undefined) return [0, 1, 2, 3];
  const names = p.match(/none|66|F3|F2/g);
  return names.map((n) => PREFIXES[n]);
}

/** Parses an encoding into {map, opcode, reg, mod, modrm, plus}. */
export function parseEncoding(text) {
  const words = text.split(/\s+/);
  let map = "1";
  if (MAPS.slice(1).includes(words[0]) && words.length > 1 && /^[0-9A-F]{2}(\+r|\+cc)?$/i.test(words[1])) map = words.shift();
  const [hex, plus] = words.shift().split("+");
  const enc = { map: MAPS.indexOf(map), opcode: parseInt(hex, 16), plus, reg: null, mod: null, modrm: null };
  for (const w of words) {
    if (w.startsWith("/")) enc.reg = Number(w.slice(1));
    else if (w === "m" || w === "r") enc.mod = w;
    else if (w.startsWith("=")) enc.modrm = parseInt(w.slice(1), 16);
    else throw new Error(`encoding "${text}": what is "${w}"?`);
  }
  return enc;
}

const SHAPES = { E: "E", G: "G", Z: "Z", I: "I", J: "J", M: "E", V: "V", O: "O", R: "R" };

/** Parses an operand list into {form, size, imm, byteE, byteG, segment}. */
export function parseOperands(text, label) {
  const out = { form: "NONE", size: "V", imm: "NONE", byteE: false, byteG: false, segment: null };
  let shape = "";
  let sized = false;
  const size = (s) => { if (!sized) { out.size = s; sized = true; } };
  for (const token of text ? text.split(",") : []) {
    let m;
    if (token === "AL") { shape += "A"; size("B"); }
    else if (token === "rAX" || token === "rAXv") { shape += "A"; size("V"); }
    else if (token === "rAXd") { shape += "A"; size("AXD"); }
    else if (token === "CL") shape += "C";
    else if (token === "1") { shape += "1"; out.imm = "ONE"; }
    else if (token === "Sw") shape += "S";
    else if ((m = /^S([0-5])$/.exec(token))) out.segment = Number(m[1]);
    else if (token === "Ap") { shape += "F"; size("V"); }
    else if ((m = /^I(b|bs|z|v|w|bq|zq)$/.exec(token))) {
      shape += "I";
      out.imm = { b: "B", bs: "B", z: "Z", v: "V", w: "W", bq: "B", zq: "Z" }[m[1]];
      if (m[1].endsWith("q")) size("Q");
      else if (m[1] === "b" && !shape.slice(0, -1)) size("B");
    } else if ((m = /^J(b|z)$/.exec(token))) { shape += "J"; out.imm = m[1] === "b" ? "B" : "Z"; size("NEAR"); }
    else if ((m = /^([EGMZVORS])([bvwdyqpn]?)$/.exec(token))) {
      shape += SHAPES[m[1]];
      const letter = m[2];
      if (letter === "b") { if (m[1] === "E" || m[1] === "Z") out.byteE = true; else out.byteG = true; }
      if (m[1] === "R") size("CR");
      else if (letter === "q" && m[1] === "G") size("QWORD");
      else if (letter) size({ b: "B", v: "V", w: "W", d: "D", y: "Y", q: "Q", p: "V", n: "NEAR" }[letter]);
    } else if (/^[bvqyn]$/.test(token)) size({ b: "B", v: "V", q: "Q", y: "Y", n: "NEAR" }[token]);
    else throw new Error(`${label}: operand "${token}"?`);
  }
  const forms = { "": "NONE", E: "E", EG: "EG", GE: "GE", EI: "EI", AI: "AI", GEI: "GEI", EGI: "EGI", Z: "Z", ZI: "ZI", AZ: "AZ", I: "I", J: "J",
    AO: "AO", OA: "OA", F: "FAR", E1: "E1", EC: "ECL", A: "A", R: "R", II: "ENTER", GEV: "GEV", EV: "EV", SE: "GE", ES: "EG" };
  out.form = forms[shape];
  if (out.form === "ENTER") out.imm = "W"; // and a byte, which the decoder reads by the form
  if (!out.form) throw new Error(`${label}: operands "${text}" have no form (${shape})`);
  return out;
}

/** Expands +r and +cc, numbers the rows. Returns [{id, row, enc, ops}] and the two look-up tables. */
export function encode(rows) {
  const expanded = [];
  const add = (entry) => expanded.push({ id: expanded.length + 1, ...entry }); // 0 is "no such instruction"
  for (const row of rows) {
    const enc = parseEncoding(row.encoding);
    const ops = parseOperands(row.operands, row.encoding);
    if (enc.plus === "cc") for (let cc = 0; cc < 16; cc++) add({ row, enc, ops, condition: cc, opcodes: [enc.opcode + cc] });
    else add({ row, enc, ops, opcodes: Array.from({ length: enc.plus === "r" ? 8 : 1 }, (_, i) => enc.opcode + i) });
  }
  // cell[mode][map][opcode][reg][prefix][mod] = row id; later rows win over earlier ones.
  const cells = [0, 1].map(() => new Uint16Array(MAP_COUNT * 256 * 64));
  const exact = [];
  for (const e of expanded) {
    for (const opcode of e.opcodes) {
      const modes = e.row.mode === "64" ? [1] : e.row.mode === "legacy" ? [0] : [0, 1];
      if (e.enc.modrm !== null) {
        const prefixes = prefixSet(e.row).reduce((mask, p) => mask | (1 << p), 0);
        for (const mode of modes) exact.push({ mode, map: e.enc.map, opcode, modrm: e.enc.modrm, prefixes, id: e.id });
        continue;
      }
      for (const mode of modes) for (let reg = 0; reg < 8; reg++) {
        if (e.enc.reg !== null && e.enc.reg !== reg) continue;
        for (const prefix of prefixSet(e.row)) for (let mod = 0; mod < 2; mod++) {
          if (e.enc.mod === "m" && mod !== 0) continue;
          if (e.enc.mod === "r" && mod !== 1) continue;
          cells[mode][((e.enc.map * 256 + opcode) * 8 + reg) * 8 + prefix * 2 + mod] = e.id;
        }
      }
    }
  }
  return { expanded, cells, exact };
}

/**
 * Packs the 64 cells of each opcode: one u16, or 0x8000 | group with the cells in a group table; equal groups are shared.
 * 0x4000 marks a group in which modrm does not matter: the byte after the opcode need not be there.
 */
export function pack(cells) {
  const groups = [];
  const seen = new Map();
  const tables = cells.map((mode) => {
    const heads = [];
    for (let op = 0; op < MAP_COUNT * 256; op++) {
      const sub = mode.subarray(op * 64, op * 64 + 64);
      if (sub.every((v) => v === sub[0])) { heads.push(sub[0]); continue; }
      const key = sub.join();
      if (!seen.has(key)) { seen.set(key, groups.length / 64); groups.push(...sub); }
      const byPrefix = sub.every((v, i) => v === sub[i & 6]);
      heads.push(0x8000 | (byPrefix ? 0x4000 : 0) | seen.get(key));
    }
    return heads;
  });
  return { tables, groups };
}
