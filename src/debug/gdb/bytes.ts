// Packets as text and back. Inside this folder a packet's contents are a string with one character for each
// byte, which regular expressions read well; bytes in a packet are hexadecimal, lowest address first, or,
// in binary packets, the bytes themselves.

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

/** The bytes of `text`; undefined if it is not an even number of hexadecimal digits. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return Uint8Array.from(Buffer.from(text, "hex"));
}

export const hexOfText = (text: string): string => toHex(new TextEncoder().encode(text));

/** The bytes of a binary packet's data. */
export const fromBinary = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

export const toBinary = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** A number of up to 64 bits in hexadecimal, as addresses are sent; undefined for anything else. */
export function parseHexNumber(text: string): bigint | undefined {
  return /^[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text}`) : undefined;
}

/** `value` in `size` bytes, lowest first. */
export function littleEndian(value: bigint, size: number): string {
  let text = "";
  for (let i = 0; i < size; i++) text += Number((value >> BigInt(8 * i)) & 0xffn).toString(16).padStart(2, "0");
  return text;
}

/** The number that `bytes` are, lowest first. */
export const fromLittleEndian = (bytes: Uint8Array): bigint => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
