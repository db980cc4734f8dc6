// Tables without ruled lines, two blanks between columns: for output that is read line by line.

import Table from "cli-table3";

const NOTHING = {
  top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "",
  left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  ",
};

export function plainTable(head: readonly string[], align: readonly ("left" | "right")[], rows: readonly (readonly string[])[]): string {
  const out = new Table({
    head: [...head],
    colAligns: [...align],
    chars: NOTHING,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  out.push(...rows.map((row) => [...row]));
  return out.toString().replaceAll(/ +$/gm, "");
}
