// Pieces of text that the cases of the hot loop are put together from. Used by emit-hot.mjs and hot-special.mjs.

/** AssemblyScript type of a signed value of so many bytes. */
export const TYPE = { 1: "i8", 2: "i16", 4: "i32", 8: "i64" };
const BITS = (size) => size * 8;

/** Text helpers of a case of fixed size. */
export function at(size) {
  return {
    size,
    bits: BITS(size),
    sx: (e) => (size === 8 ? `(${e})` : `<i64><${TYPE[size]}>(${e})`),
    zx: (e) => (size === 8 ? `<u64>(${e})` : `<u64><u${BITS(size)}>(${e})`),
    carry: "carried",
    reg: (field, s = size) => `<i64>load<${TYPE[s]}>(<usize>load<u8>(rec, ${field}), W)`,
    write: (r, field = "REC_DST") => (size === 8 ? `store<i64>(<usize>load<u8>(rec, ${field}), ${r}, W);`
      : size === 4 ? `store<u64>(<usize>load<u8>(rec, ${field}), <u64><u32>(${r}), W);` : `store<${TYPE[size]}>(<usize>load<u8>(rec, ${field}), <${TYPE[size]}>(${r}), W);`),
  };
}

/**
 * Linear address into `t`, the front-cache slot into `e`, the host address into `h`. On a miss it leaves the switch; outside one
 * (`open`) it opens a block that the caller closes, and that is passed over.
 */
export function probe(size, write, address, open = false) {
  const last = size === 1 ? "t" : `(t + ${size - 1})`;
  const tag = `load<u64>(e${write ? ", 8" : ""})`;
  return `t = ${address}; e = <usize>load<u32>(cpu, FRONT) + ((<usize><u32>t >>> 7) & FRONT_MASK);
      if (${tag} ${open ? "==" : "!="} (${last} & ~0xfff)) ${open ? "{" : "break;"}
      h = <usize><u32>t + <usize>load<u32>(e, 16);`;
}

export const FULL = "load<u64>(<usize>load<u8>(rec, REC_BASE), W) + (load<u64>(<usize>load<u8>(rec, REC_INDEX), W) << <u64>load<u8>(rec, REC_SCALE)) + <u64><i64>load<i32>(rec, REC_DISP)";
export const BASE = "load<u64>(<usize>load<u8>(rec, REC_BASE), W) + <u64><i64>load<i32>(rec, REC_DISP)";

export function setFlags([op, a, b, r], x) {
  return `fop = ${op};${a === "0" && op === "FLAGS_RESULT" ? "" : ` fa = ${a};`} fb = ${typeof b === "function" ? b(x) : b}; fr = ${r};`;
}

export const NEXT = "rec += 32; continue;";

/** Goes on at the record in link `link`, if the slice can pay for its block. */
export function follow(link) {
  return `left -= <i32>load<u8>(rec, REC_TOTAL); rec = load<u32>(rec, ${link}); if (left >= <i32>load<u8>(rec, REC_BLOCK)) continue; break;`;
}

/** Goes on at the record in the link that `test` chooses. The loop loads the link and goes on once; `split`, each way by itself. */
export function branch(test, split = false) {
  if (split) return `if (${test}) { ${follow("REC_TAKEN")} } else { ${follow("REC_FALL")} }`;
  return `left -= <i32>load<u8>(rec, REC_TOTAL); rec = (${test}) ? load<u32>(rec, REC_TAKEN) : load<u32>(rec, REC_FALL);
      if (left >= <i32>load<u8>(rec, REC_BLOCK)) continue; break;`;
}

/** Goes on at linear address `target` (u64) if its page is in the fetch slots and its block is decoded; else by look-up. */
export function goTo(target) {
  return `t = ${target}; e = <usize>load<u32>(cpu, FETCH) + ((<usize><u32>t >>> 8) & 0x7f0); h = load<u32>(e, 8);
      if (load<u64>(e) == (t & ~0xfff) && h != 0) {
        h = load<u32>(h + CP_ENTRIES + ((<usize><u32>t & 0xfff) << 2));
        if (h != 0 && left >= <i32>load<u8>(h, REC_BLOCK)) { ${arrive("t & ~0xfff")} rec = h; continue; }
      }
      store<u64>(cpu + RIP, t); rec = STUB_LOOKUP; break;`;
}

/** Control has come to `page`, of fetch slot `slot`: only now, when an instruction there is run. */
const arrive = (page, slot = "e") => `store<u64>(cpu + SLOT_PAGE, ${page}); store<u32>(cpu, load<u32>(${slot}, FETCH_FRAME), CODE_FRAME);`;

/**
 * The record at linear address `target` (u64) into h, its page into t and the fetch slot of that into e; leaves the switch, with
 * nothing changed, if it is not at hand or the slice cannot pay for its block.
 */
export function find(target) {
  return `t = ${target}; e = <usize>load<u32>(cpu, FETCH) + ((<usize><u32>t >>> 8) & 0x7f0); h = load<u32>(e, 8);
      if (load<u64>(e) != (t & ~0xfff) || h == 0) break;
      h = load<u32>(h + CP_ENTRIES + ((<usize><u32>t & 0xfff) << 2)); t &= ~0xfff;
      if (h == 0 || left - <i32>load<u8>(rec, REC_TOTAL) < <i32>load<u8>(h, REC_BLOCK)) break;`;
}

/** Goes on at what `find` found: record, page and fetch slot. */
export function enter(record, page, slot) {
  return `left -= <i32>load<u8>(rec, REC_TOTAL); ${arrive(page, slot)} rec = ${record}; continue;`;
}

/** CF into carried. No case may call a function: what lives across a call is spilled at every dispatch. */
export const CARRY = `if (fop == FLAGS_MUL) break;
      const carried = fop == FLAGS_SUB ? <u64>fa < <u64>fb : fop == FLAGS_ADD ? <u64>fr < <u64>fa
        : <bool>((fop == FLAGS_RESULT ? fb : fop == FLAGS_PACKED ? fr : fa >> fb) & 1);`;

/** Condition families (cc >> 1) that hot kinds decide: statements that leave the switch where they cannot, and the test for an even cc. */
export const CONDITION = {
  carry: { before: CARRY, test: "carried" },
  zero: { before: "", test: "(fop == FLAGS_PACKED ? (fr & 0x40) != 0 : fr == 0)" },
  sign: { before: "", test: "(fop == FLAGS_PACKED ? (fr & 0x80) != 0 : fr < 0)" },
  belowEqual: { before: "if (fop != FLAGS_SUB) break;", test: "<u64>fa <= <u64>fb" },
  less: { before: "if (fop != FLAGS_SUB) break;", test: "fa < fb" },
  lessEqual: { before: "if (fop != FLAGS_SUB) break;", test: "fa <= fb" },
};
