// String instructions, alone or repeated.

import { row } from "../row.mjs";

export const string = [
  row("A4", "b", "movs"),
  row("A5", "v", "movs"),
  row("A6", "b", "cmps"),
  row("A7", "v", "cmps"),
  row("AA", "b", "stos"),
  row("AB", "v", "stos"),
  row("AC", "b", "lods"),
  row("AD", "v", "lods"),
  row("AE", "b", "scas"),
  row("AF", "v", "scas"),
  row("6C", "b", "ins", { end: true }),
  row("6D", "v", "ins", { end: true }),
  row("6E", "b", "outs", { end: true }),
  row("6F", "v", "outs", { end: true }),
];
