// Data transfer: MOV in all forms, extension, exchange, stack, conditional moves and sets, conversions.

import { row, template } from "../row.mjs";

export const move = [
  row("88", "Eb,Gb", template("mov")),
  row("89", "Ev,Gv", template("mov")),
  row("8A", "Gb,Eb", template("mov")),
  row("8B", "Gv,Ev", template("mov")),
  row("A0", "AL,Ob", template("mov")),
  row("A1", "rAX,Ov", template("mov")),
  row("A2", "Ob,AL", template("mov")),
  row("A3", "Ov,rAX", template("mov")),
  row("B0+r", "Zb,Ib", template("mov")),
  row("B8+r", "Zv,Iv", template("mov")),
  row("C6 /0", "Eb,Ib", template("mov")),
  row("C7 /0", "Ev,Iz", template("mov")),
  row("63", "Gv,Ed", template("movsx4"), { mode: "64" }),
  row("63", "Ew,Gw", "arpl", { mode: "legacy" }),
  row("0F B6", "Gv,Eb", template("movzx1")),
  row("0F B7", "Gv,Ew", template("movzx2")),
  row("0F BE", "Gv,Eb", template("movsx1")),
  row("0F BF", "Gv,Ew", template("movsx2")),
  row("8D m", "Gv,M", "lea", { hot: "lea", segment: 14 }),
  row("86", "Eb,Gb", "xchg", { lock: true }),
  row("87", "Ev,Gv", "xchg", { lock: true }),
  row("90+r", "rAX,Zv", "xchg"),
  row("90", "", "nop", { hot: "nop", prefix: "none66F2" }), // after 90+r: a later row wins
  row("98", "rAXv", "cbw"),
  row("99", "rAXv", "cwd"),
  row("9E", "", "sahf"),
  row("9F", "", "lahf"),
  row("D7", "", "xlat"),
  row("0F C8+r", "Zv", "byteSwap"),
  row("0F38 F0 m", "Gv,Ev", "movbe", { prefix: "none66" }),
  row("0F38 F1 m", "Ev,Gv", "movbe", { prefix: "none66" }),
  row("0F C3 m", "Ey,Gy", template("mov"), { prefix: "none" }),
  row("50+r", "Zq", "pushReg", { hot: "push" }),
  row("58+r", "Zq", "popReg", { hot: "pop" }),
  row("68", "Izq", "pushImm", { hot: "push" }),
  row("6A", "Ibq", "pushImm", { hot: "push" }),
  row("FF /6", "Eq", "pushRm"),
  row("8F /0", "Eq", "popRm"),
  row("60", "v", "pusha", { mode: "legacy" }),
  row("61", "v", "popa", { mode: "legacy" }),
  row("C8", "q,Iw,Ib", "enter"),
  row("C9", "q", "leave", { hot: "leave" }),
  row("0F 40+cc", "Gv,Ev", "cmov", { hot: "cmov" }),
  row("0F 90+cc", "Eb", "setcc", { hot: "setcc" }),
  row("0F 18 m", "Eb", "nop", { hot: "nop" }), // PREFETCHh
  row("0F 0D m", "Eb", "nop", { hot: "nop" }), // PREFETCHW
  row("0F 18 r", "Ev", "nop", { hot: "nop" }),
  row("0F 0D r", "Ev", "nop", { hot: "nop" }),
  ...["19", "1A", "1B", "1C", "1D", "1E", "1F"].map((op) => row(`0F ${op}`, "Ev", "nop", { hot: "nop" })), // reserved NOPs: ENDBR, multi-byte NOP
  row("0F AE /5 r", "", "nop", { hot: "nop", prefix: "none" }), // LFENCE
  row("0F AE /6 r", "", "mfence", { hot: "nop", prefix: "none" }), // stores are visible at once in the usual order of execution
  row("0F AE /7 r", "", "nop", { hot: "nop", prefix: "none" }), // SFENCE
  row("0F AE /7 m", "Eb", "clflush", { prefix: "none" }),
];
