// Runs the host's and the end-to-end tests (tests/**/*.test.ts) under node:test. They are bundled
// first: Node 20 does not run TypeScript.

import { readFileSync, rmSync } from "node:fs";
import { sep } from "node:path";
import { pathToFileURL } from "node:url";
import { at, bin } from "./paths.mjs";
import { bundle } from "./host.mjs";
import { must, show } from "./run.mjs";
import { stage } from "./progress.mjs";
import { filesBelow } from "./stamps.mjs";

/**
 * Sources that a test imports directly become part of the test's bundle, but look for the core and the
 * images beside the library's. So they are told that they are the library's.
 */
const placeInDist = {
  name: "place-in-dist",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!path.startsWith(at("src") + sep)) return undefined;
      const home = JSON.stringify(pathToFileURL(at("dist/index.js")).href);
      return { loader: "ts", contents: readFileSync(path, "utf8").replaceAll("import.meta.url", home) };
    });
  },
};

export const hostTests = () => filesBelow("tests").filter((file) => file.endsWith(".test.ts"));

/** Runs the given test files; says whether all passed. */
export async function runHostTests(chosen) {
  if (chosen.length === 0) return true;
  await stage("check the types of the tests", () =>
    must(process.execPath, [bin.tsc, "-p", "tsconfig.json", "--pretty", "false"]));
  rmSync(at("build/tests"), { recursive: true, force: true });
  // The package under its own name is the built library: what users import is what is tested.
  await bundle({ entryPoints: chosen, outdir: "build/tests", outbase: "tests", plugins: [placeInDist] });
  const files = chosen.map((file) => file.replace(/^tests\//, "build/tests/").replace(/\.ts$/, ".js"));
  const status = await show(process.execPath, [
    "--enable-source-maps", "--test", "--test-reporter=spec", ...files,
  ]);
  return status === 0;
}
