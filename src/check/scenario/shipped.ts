// The scenarios that are shipped beside the bundle.

import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { UserError } from "../../errors.js";

export interface ShippedScenario {
  /** Below the folder of scenarios: `kernel/mail.litmus`. */
  readonly file: string;
  readonly text: string;
}

/** All of them, sorted by name. */
export async function shippedScenarios(): Promise<ShippedScenario[]> {
  const folder = new URL("guest/scenarios/", import.meta.url);
  const names = await readdir(folder, { recursive: true }).catch(() => {
    throw new UserError(`the scenarios are not at ${fileURLToPath(folder)}: build the project first`);
  });
  const files = names.filter((name) => name.endsWith(".litmus")).map((name) => name.replaceAll("\\", "/")).sort();
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(new URL(file, folder), "utf8") })));
}
