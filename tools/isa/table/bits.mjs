// Bit test, scan and count; BMI1 and BMI2 (VEX-encoded).

import { row } from "../row.mjs";

const tests = ["bt", "bts", "btr", "btc"].flatMap((name, i) => [
  row(`0F ${(0xa3 + i * 8).toString(16)}`, "Ev,Gv", name, { lock: i > 0 }),
  row(`0F BA /${4 + i}`, "Ev,Ib", name, { lock: i > 0 }),
]);

export const bits = [
  ...tests,
  row("0F BC", "Gv,Ev", "bsf", { prefix: "none66F2" }),
  row("0F BC", "Gv,Ev", "tzcnt", { prefix: "F3" }),
  row("0F BD", "Gv,Ev", "bsr", { prefix: "none66F2" }),
  row("0F BD", "Gv,Ev", "lzcnt", { prefix: "F3" }),
  row("0F B8", "Gv,Ev", "popcount", { prefix: "F3" }),
  row("VEX.0F38 F2", "Gy,Ey,Vy", "andn", { prefix: "none" }),
  row("VEX.0F38 F3 /1", "Ey,Vy", "blsr", { prefix: "none" }),
  row("VEX.0F38 F3 /2", "Ey,Vy", "blsmsk", { prefix: "none" }),
  row("VEX.0F38 F3 /3", "Ey,Vy", "blsi", { prefix: "none" }),
  row("VEX.0F38 F7", "Gy,Ey,Vy", "bextr", { prefix: "none" }),
  row("VEX.0F38 F7", "Gy,Ey,Vy", "shlx", { prefix: "66" }),
  row("VEX.0F38 F7", "Gy,Ey,Vy", "sarx", { prefix: "F3" }),
  row("VEX.0F38 F7", "Gy,Ey,Vy", "shrx", { prefix: "F2" }),
  row("VEX.0F38 F5", "Gy,Ey,Vy", "bzhi", { prefix: "none" }),
  row("VEX.0F38 F5", "Gy,Ey,Vy", "pext", { prefix: "F3" }),
  row("VEX.0F38 F5", "Gy,Ey,Vy", "pdep", { prefix: "F2" }),
  row("VEX.0F38 F6", "Gy,Ey,Vy", "mulx", { prefix: "F2" }),
  row("VEX.0F3A F0", "Gy,Ey,Ib", "rorx", { prefix: "F2" }),
];
