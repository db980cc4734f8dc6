// Results as JSON: one object a line. 64-bit numbers are hexadecimal text, since JSON's numbers cannot hold them.

export const jsonLine = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === "bigint") return `0x${inner < 0n ? BigInt.asUintN(64, inner).toString(16) : inner.toString(16)}`;
    if (inner instanceof Uint8Array) return Buffer.from(inner).toString("hex");
    return inner;
  });
