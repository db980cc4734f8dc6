// Integer arithmetic and logic: ADD to CMP, TEST, INC, DEC, NEG, NOT, shifts and rotates, multiply, divide,
// decimal adjust (SDM vol. 2). Rows: see ../row.mjs.

import { row, group, template } from "../row.mjs";

const ALU = ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"];

const alu = ALU.flatMap((name, i) => {
  const op = (n) => (i * 8 + n).toString(16).padStart(2, "0");
  const lock = name !== "cmp";
  return [
    row(op(0), "Eb,Gb", template(name), { lock }),
    row(op(1), "Ev,Gv", template(name), { lock }),
    row(op(2), "Gb,Eb", template(name)),
    row(op(3), "Gv,Ev", template(name)),
    row(op(4), "AL,Ib", template(name)),
    row(op(5), "rAX,Iz", template(name)),
    row(`80 /${i}`, "Eb,Ib", template(name), { lock }),
    row(`81 /${i}`, "Ev,Iz", template(name), { lock }),
    row(`82 /${i}`, "Eb,Ib", template(name), { lock, mode: "legacy" }),
    row(`83 /${i}`, "Ev,Ibs", template(name), { lock }),
  ];
});

const SHIFTS = ["rol", "ror", "rcl", "rcr", "shl", "shr", "shl", "sar"];

const shifts = SHIFTS.flatMap((name, i) => {
  const handler = ["shl", "shr", "sar"].includes(name) ? template(name) : name;
  const options = name === "rol" || name === "ror" ? { hot: name } : {};
  return [["C0", "Eb,Ib"], ["C1", "Ev,Ib"], ["D0", "Eb,1"], ["D1", "Ev,1"], ["D2", "Eb,CL"], ["D3", "Ev,CL"]].map(([opcode, operands]) =>
    row(`${opcode} /${i}`, operands, handler, options));
});

export const arithmetic = [
  ...alu,
  ...shifts,
  row("84", "Eb,Gb", template("test")),
  row("85", "Ev,Gv", template("test")),
  row("A8", "AL,Ib", template("test")),
  row("A9", "rAX,Iz", template("test")),
  ...group("F6", "Eb", [[0, template("test"), "Eb,Ib"], [1, template("test"), "Eb,Ib"], [2, template("not"), { lock: true }],
    [3, template("neg"), { lock: true }], [4, "mul"], [5, "imul"], [6, "div"], [7, "idiv"]]),
  ...group("F7", "Ev", [[0, template("test"), "Ev,Iz"], [1, template("test"), "Ev,Iz"], [2, template("not"), { lock: true }],
    [3, template("neg"), { lock: true }], [4, "mul"], [5, "imul"], [6, "div"], [7, "idiv"]]),
  row("FE /0", "Eb", template("inc"), { lock: true }),
  row("FE /1", "Eb", template("dec"), { lock: true }),
  row("FF /0", "Ev", template("inc"), { lock: true }),
  row("FF /1", "Ev", template("dec"), { lock: true }),
  row("40+r", "Zv", template("inc"), { mode: "legacy" }),
  row("48+r", "Zv", template("dec"), { mode: "legacy" }),
  row("0F AF", "Gv,Ev", template("imul2")),
  row("69", "Gv,Ev,Iz", "imul3", { hot: "imul3" }),
  row("6B", "Gv,Ev,Ibs", "imul3", { hot: "imul3" }),
  row("0F A4", "Ev,Gv,Ib", "shldImm"),
  row("0F A5", "Ev,Gv", "shldCl"),
  row("0F AC", "Ev,Gv,Ib", "shrdImm"),
  row("0F AD", "Ev,Gv", "shrdCl"),
  row("27", "", "daa", { mode: "legacy" }),
  row("2F", "", "das", { mode: "legacy" }),
  row("37", "", "aaa", { mode: "legacy" }),
  row("3F", "", "aas", { mode: "legacy" }),
  row("D4", "Ib", "aam", { mode: "legacy" }),
  row("D5", "Ib", "aad", { mode: "legacy" }),
  row("0F B0", "Eb,Gb", "cmpxchg", { lock: true }),
  row("0F B1", "Ev,Gv", "cmpxchg", { lock: true }),
  row("0F C0", "Eb,Gb", "xadd", { lock: true }),
  row("0F C1", "Ev,Gv", "xadd", { lock: true }),
  row("0F C7 /1 m", "My", "cmpxchgWide", { lock: true }),
  row("0F38 F6", "Gy,Ey", "adcx", { prefix: "66" }),
  row("0F38 F6", "Gy,Ey", "adox", { prefix: "F3" }),
];
