// Decides whether a stage is up to date: a hash over the contents of its inputs, kept in
// build/.stamps, must match, and its outputs must exist. Contents, not times: a checkout or a copy
// of the tree gives files new times and must not rebuild.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { at, root } from "./paths.mjs";

/** All files at or below a path, sorted, relative to the project. A path that does not exist has none. */
export function filesBelow(path, except = []) {
  const absolute = at(path);
  if (!existsSync(absolute)) return [];
  if (!statSync(absolute).isDirectory()) return [path];
  return readdirSync(absolute, { recursive: true })
    .map((name) => relative(root, join(absolute, name)))
    .filter((name) => !except.some((skipped) => name === skipped || name.startsWith(`${skipped}/`)))
    .filter((name) => statSync(at(name)).isFile())
    .sort();
}

function fingerprint(stage) {
  const hash = createHash("sha256");
  hash.update(process.version);
  for (const input of stage.inputs) {
    for (const file of filesBelow(input, stage.except)) {
      hash.update(`\0${file}\0`).update(readFileSync(at(file)));
    }
  }
  return hash.digest("hex");
}

const stampOf = (stage) => at("build/.stamps", stage.name);

/** Gives null when the stage is up to date, else a function that records that it now is. */
export function stale(stage) {
  const now = fingerprint(stage);
  const stamp = stampOf(stage);
  const recorded = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
  if (recorded === now && stage.outputs.every((output) => existsSync(at(output)))) return null;
  return () => {
    mkdirSync(at("build/.stamps"), { recursive: true });
    writeFileSync(stamp, now);
  };
}
