// Reads and writes the files that a command line names; one that cannot be is the user's to mend.

import { readFile, writeFile } from "node:fs/promises";
import { MAX_RAM, UserError } from "../index.js";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
  ENOTDIR: "there is no such file",
  ERR_FS_FILE_TOO_LARGE: "it is too large for any machine",
};

export async function readInput(file: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new UserError(`${file} cannot be read: ${REASONS[code] ?? message}`);
  }
  if (bytes.length > MAX_RAM) throw new UserError(`${file} is too large for any machine`);
  return bytes;
}

export async function writeText(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new UserError(`${file} cannot be written: ${(error as Error).message}`);
  }
}

export const writeJson = (file: string, value: unknown): Promise<void> => writeText(file, `${JSON.stringify(value, null, 2)}\n`);

/** The file as text; `-` as in `readInput`. */
export const readText = async (file: string): Promise<string> => new TextDecoder().decode(await readInput(file));
