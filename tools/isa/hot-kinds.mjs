// Which forms the hot loop has inline, by measurement: a profile of compiled C (guest kernel, user programs, benchmarks)
// decides. Everything else runs its cold handler. The body of the hot function must stay below 25 KB of Wasm, where V8
// keeps its better register allocator (docs/performance.md); tests/isa holds it to that.
//
// Forms: rr reg,reg  ri reg,imm  rm reg,mem  rb the same without index  mr mem,reg  br the same without index  mi mem,imm  r reg  m mem  rc reg,CL  cc one kind for each condition family.  Order is the kinds' order.

/** [template, sizes, forms] */
export const HOT = [
  ["mov", [8, 4], ["rr", "rm", "mr", "ri", "mi", "rb", "br"]],
  ["mov", [1], ["rm", "mr", "mi", "ri"]],
  ["mov", [2], ["mr"]],
  ["movzx1", [4], ["rm", "rr"]],
  ["movzx2", [4], ["rm", "rr"]],
  ["movsx1", [4, 8], ["rm", "rr"]],
  ["movsx2", [4], ["rm"]],
  ["movsx4", [8], ["rr", "rm"]],
  ["add", [8, 4], ["rr", "ri", "rm", "mr", "mi"]],
  ["sub", [8, 4], ["rr", "ri", "rm"]],
  ["sub", [4, 8], ["mi"]],
  ["cmp", [8, 4], ["rr", "ri", "rm", "mr", "mi"]],
  ["cmp", [1], ["rr", "ri", "mi", "rm"]],
  ["test", [8, 4], ["rr"]],
  ["test", [1], ["rr", "ri", "mi"]],
  ["test", [4], ["ri"]],
  ["and", [8, 4], ["rr", "ri", "rm"]],
  ["or", [8, 4], ["rr", "ri", "rm"]],
  ["xor", [8, 4], ["rr", "ri", "rm"]],
  ["and", [1], ["ri"]],
  ["or", [1], ["rr"]],
  ["inc", [4, 8], ["r"]],
  ["dec", [4, 8], ["r"]],
  ["neg", [4, 8], ["r"]],
  ["not", [4, 8], ["r"]],
  ["shl", [8, 4], ["ri", "rc"]],
  ["shr", [8, 4], ["ri", "rc"]],
  ["sar", [8, 4], ["ri"]],
  ["imul2", [8, 4], ["rr", "rm"]],
  ["adc", [8], ["rr", "ri"]],
];

/** Written out in hot-special.mjs: [name, sizes, forms]. */
export const SPECIAL = [
  ["lea", [8, 4], ["rm"]],
  ["imul3", [8, 4], ["rr"]],
  ["rol", [4, 8], ["ri"]],
  ["ror", [4, 8], ["ri"]],
  ["push", [8], ["r", "i"]],
  ["pop", [8], ["r"]],
  ["leave", [8], ["n"]],
  ["setcc", [1], ["cc"]],
  ["cmov", [8, 4], ["cc"]],
  ["nop", [1, 2, 4, 8], ["any"]],
  ["jmp", [8], ["j"]],
  ["call", [8], ["j"]],
  ["ret", [8], ["n"]],
  ["callRm", [8], ["r"]],
  ["jmpRm", [8], ["r"]],
];

/**
 * Kinds with a twin that leaves the flags alone, for where the block sets them again before anything can see them
 * (cpu/block.ts decides): [template, sizes, forms].
 */
export const QUIET = [
  ["add", [8, 4], ["rr", "ri", "rm"]],
  ["sub", [8, 4], ["rr", "ri"]],
  ["and", [8, 4], ["rr", "ri"]],
  ["or", [8, 4], ["rr", "ri"]],
  ["xor", [8, 4], ["rr", "ri"]],
  ["shl", [8, 4], ["ri"]],
  ["shr", [8, 4], ["ri"]],
  ["sar", [8], ["ri"]],
  ["imul2", [8, 4], ["rr"]],
];

/** MOV reg,reg and the operation on its destination in one record: compilers write three-address code so. */
export const PAIRS = [
  ["add", [8, 4], ["rr", "ri"]],
  ["sub", [8, 4], ["rr"]],
  ["and", [8, 4], ["rr", "ri"]],
  ["or", [8], ["rr"]],
  ["xor", [8, 4], ["rr"]],
  ["shl", [8, 4], ["ri"]],
  ["shr", [8, 4], ["ri"]],
  ["sar", [8], ["ri"]],
  ["imul2", [8], ["rr"]],
];

/** Compare and jump in one record: [template, sizes, forms, conditions]. */
export const FUSED = [
  ["cmp", [8, 4], ["rr", "ri"], ["b", "ae", "e", "ne", "be", "a", "l", "ge", "le", "g"]],
  ["cmp", [1], ["ri"], ["e", "ne", "be", "a"]],
  ["test", [8, 4], ["rr"], ["e", "ne", "s", "ns", "le", "g"]],
  ["test", [1], ["rr", "ri"], ["e", "ne"]],
];

/**
 * The kinds that are run most: found by a tree of conditional branches before the jump table, because an indirect jump, even
 * one that is predicted, costs seven cycles where a predicted branch costs one. A power of two of them, most frequent first.
 */
export const EARLY = ["mov64_rr", "mov64_rb", "mov32_rb", "add64_ri_quiet"];

export const CONDITIONS = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];
