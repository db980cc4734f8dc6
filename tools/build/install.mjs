// Installs the locked dependencies when they are missing or are not those of package-lock.json.
// Called first by every tool, so it and what it imports use nothing but Node itself.

import { existsSync, readFileSync } from "node:fs";
import { at } from "./paths.mjs";
import { ToolError } from "./errors.mjs";
import { must } from "./run.mjs";
import { stage } from "./progress.mjs";

function lockedPackages(file) {
  if (!existsSync(file)) return null;
  const { packages } = JSON.parse(readFileSync(file, "utf8"));
  return packages;
}

/** npm writes node_modules/.package-lock.json as the last step of an install: compare with what is asked for. */
function isInstalled() {
  const wanted = lockedPackages(at("package-lock.json"));
  const present = lockedPackages(at("node_modules/.package-lock.json"));
  if (!wanted) throw new ToolError("package-lock.json is missing");
  if (!present) return false;
  return Object.entries(wanted).every(
    ([path, entry]) => path === "" || entry.optional || present[path]?.version === entry.version,
  );
}

export async function install() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) throw new ToolError(`Node 20 or newer is needed, this is ${process.versions.node}`, 2);
  if (isInstalled()) return;
  // The npm that started us may not be the `npm` on the path; use the same one. No dependency needs its
  // install script: esbuild's only replaces a launcher by the binary that it would launch.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  await stage("install dependencies", () =>
    npm?.endsWith("js") ? must(process.execPath, [npm, ...args]) : must("npm", args));
}
