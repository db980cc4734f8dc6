// Source text around a line, from the disk of whoever looks: a guest that was built elsewhere has lines, but no text.

import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { LineAt } from "../symbols/index.js";
import type { SourceLines } from "./types.js";

const LARGEST = 8 * 1024 * 1024;

function readLines(path: string): string[] | undefined {
  try {
    const about = statSync(path);
    return about.isFile() && about.size <= LARGEST ? readFileSync(path, "utf8").split("\n") : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The lines around `at`, `context` before and after. The file is looked for in the folder that the program was compiled
 * in, then below each of `roots`.
 */
export function sourceLines(at: LineAt, context = 5, roots: readonly string[] = [process.cwd()]): SourceLines {
  const about = { file: at.file, line: at.line };
  const places = isAbsolute(at.file) ? [at.file]
    : [...(isAbsolute(at.directory) ? [at.directory] : []), ...roots].map((folder) => join(folder, at.file));
  for (const place of places) {
    const lines = readLines(place);
    if (!lines || at.line > lines.length) continue;
    const first = Math.max(1, at.line - context);
    const part = lines.slice(first - 1, at.line + context);
    return { ...about, lines: part.map((text, i) => ({ number: first + i, text })) };
  }
  return about;
}
