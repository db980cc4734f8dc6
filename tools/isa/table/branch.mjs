// Near control transfer. `end` closes a block: nothing after it is decoded with it.

import { row } from "../row.mjs";

const end = { end: true };

export const branch = [
  row("70+cc", "Jb", "jcc", { ...end, hot: "jcc" }),
  row("0F 80+cc", "Jz", "jcc", { ...end, hot: "jcc" }),
  row("EB", "Jb", "jmp", { ...end, hot: "jmp" }),
  row("E9", "Jz", "jmp", { ...end, hot: "jmp" }),
  row("E8", "Jz", "call", { ...end, hot: "call" }),
  row("C3", "n", "ret", { ...end, hot: "ret" }),
  row("C2", "n,Iw", "retImm", end),
  row("FF /2", "En", "callRm", { ...end, hot: "callRm" }),
  row("FF /4", "En", "jmpRm", { ...end, hot: "jmpRm" }),
  row("E0", "Jb", "loopne", end),
  row("E1", "Jb", "loope", end),
  row("E2", "Jb", "loop", end),
  row("E3", "Jb", "jcxz", end),
];
