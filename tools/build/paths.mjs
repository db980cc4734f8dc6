// Where things are. Every tool takes its paths from here, so that each is said once.
// Imports nothing but Node itself: it is read before anything is installed.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** An absolute path from one relative to the project. */
export const at = (...parts) => join(root, ...parts);

/** The script that a package in node_modules gives as a command, to be run with this same Node. */
export const bin = {
  asc: at("node_modules/assemblyscript/bin/asc.js"),
  aspect: at("node_modules/@as-pect/cli/bin/asp.js"),
  tsc: at("node_modules/typescript/bin/tsc"),
};
