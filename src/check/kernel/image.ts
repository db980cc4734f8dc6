// The guest kernel that is shipped beside the bundle.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { UserError } from "../../errors.js";

export interface KernelImage {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export async function shippedKernel(): Promise<KernelImage> {
  const path = fileURLToPath(new URL("guest/kernel.elf", import.meta.url));
  try {
    return { path, bytes: await readFile(path) };
  } catch {
    throw new UserError(`the guest kernel is not at ${path}: build the project first`);
  }
}
