// Sizes and counts as people write them, for options and messages.

import { UserError } from "./errors.js";

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

const UNITS: Readonly<Record<string, number>> = { "": MiB, k: KiB, m: MiB, g: GiB };

/** Bytes in `text`: a number with K, M or G behind it; a bare number means MiB, as in QEMU's -m. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(text.trim());
  const bytes = match ? Number(match[1]) * UNITS[match[2]!.toLowerCase()]! : Number.NaN;
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new UserError(`"${text}" is not a size: write a number with K, M or G, such as 512M`);
  }
  return bytes;
}

/** `bytes` with the largest unit that leaves a whole number, else one decimal of the largest below it. */
export function formatSize(bytes: number): string {
  const scale: [number, string][] = [[GiB, "GiB"], [MiB, "MiB"], [KiB, "KiB"]];
  for (const [unit, name] of scale) if (bytes >= unit && bytes % unit === 0) return `${bytes / unit} ${name}`;
  for (const [unit, name] of scale) if (bytes >= 4 * unit) return `${(bytes / unit).toFixed(1)} ${name}`;
  return `${bytes} bytes`;
}

/** A whole number within limits, with a one-line error that names what it is for. */
export function parseWhole(text: string, what: string, least: number, most: number): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text.trim()) ? Number(text.trim()) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new UserError(`${what} must be a whole number from ${least} to ${most}, not "${text}"`);
  }
  return value;
}

export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
