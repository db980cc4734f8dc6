// Results as JSON: one object a line. 64-bit numbers are hexadecimal text, since JSON's numbers cannot hold them; steps
// and ticks, which stay below 2^53, are numbers.

const COUNTS: ReadonlySet<string> = new Set(["step", "atStep", "sinceStep", "filledAt", "clock", "due"]);

export const jsonLine = (value: unknown): string =>
  JSON.stringify(value, (key, inner: unknown) => {
    if (typeof inner === "bigint") return COUNTS.has(key) ? Number(inner) : `0x${BigInt.asUintN(64, inner).toString(16)}`;
    if (inner instanceof Uint8Array) return Buffer.from(inner).toString("hex");
    return inner;
  });
