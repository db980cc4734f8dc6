// Makes build/generated/{decode-table,cold,hot,templates}.ts from the opcode table. Run by the build before the core is compiled:
//   node tools/isa/generate.mjs [output folder]

import { mkdirSync, readFileSync, readdirSync, writeFileSync, existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { arithmetic } from "./table/arithmetic.mjs";
import { move } from "./table/move.mjs";
import { bits } from "./table/bits.mjs";
import { branch } from "./table/branch.mjs";
import { string } from "./table/string.mjs";
import { system, absent } from "./table/system.mjs";
import { encode } from "./encode.mjs";
import { numberKinds } from "./kinds.mjs";
import { emitDecode } from "./emit-decode.mjs";
import { emitCold } from "./emit-cold.mjs";
import { emitHot } from "./emit-hot.mjs";
import { emitTemplates } from "./emit-templates.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const cpuFolder = join(root, "assembly/cpu");

/** All rows; where two match, the later one holds. */
export const rows = [...absent, ...arithmetic, ...move, ...bits, ...branch, ...string, ...system];

/** Names of exported handlers and the module (below assembly/cpu, without .ts) each is in. */
function findHandlers() {
  const found = new Map();
  for (const folder of ["ops", "system"]) {
    const dir = join(cpuFolder, folder);
    if (!existsSync(dir)) continue;
    for (const file of readdirSync(dir).sort()) {
      if (!file.endsWith(".ts")) continue;
      const text = readFileSync(join(dir, file), "utf8");
      for (const m of text.matchAll(/^export function (\w+)\(_?cpu: Cpu, _?rec: usize\): i32/gm)) {
        if (found.has(m[1])) throw new Error(`handler "${m[1]}" is exported by ${found.get(m[1])} and ${folder}/${file}`);
        found.set(m[1], relative(cpuFolder, join(dir, file)).replace(/\.ts$/, ""));
      }
    }
  }
  return found;
}

export function generate(out) {
  const encoded = encode(rows);
  const numbered = numberKinds();
  const all = { ...encoded, ...numbered, exportsOf: findHandlers() };
  mkdirSync(out, { recursive: true });
  const write = (name, text) => {
    const file = join(out, name);
    if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
  };
  write("decode-table.ts", emitDecode(all));
  write("cold.ts", emitCold(all));
  write("hot.ts", emitHot(all));
  write("templates.ts", emitTemplates(all));
  return { rows: encoded.expanded.length, kinds: numbered.kinds.length };
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const made = generate(resolve(process.argv[2] ?? join(root, "build/generated")));
  console.log(`isa: ${made.rows} rows, ${made.kinds} hot kinds`);
}
