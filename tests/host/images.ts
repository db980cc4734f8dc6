// Makes small boot images, right and wrong ones, for the tests of the loaders.

export interface SegmentSpec {
  readonly physical: number;
  readonly virtual?: number | bigint;
  readonly bytes: Uint8Array;
  readonly memorySize?: number;
  readonly type?: number;
}

export interface ElfSpec {
  readonly bits: 32 | 64;
  readonly entry: number | bigint;
  readonly machine?: number;
  readonly segments: readonly SegmentSpec[];
}

const PT_LOAD = 1;
export const PT_NOTE = 4;

/** An ELF executable with the given segments, laid out one after another behind the headers. */
export function elfImage({ bits, entry, machine, segments }: ElfSpec): Uint8Array {
  const header = bits === 64 ? 64 : 52;
  const entrySize = bits === 64 ? 56 : 32;
  const dataAt = Math.ceil((header + segments.length * entrySize) / 16) * 16;
  const size = segments.reduce((sum, s) => sum + Math.ceil(s.bytes.length / 16) * 16, dataAt);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: number | bigint) =>
    bits === 64 ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, Number(value), true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, machine ?? (bits === 64 ? 62 : 3), true);
  view.setUint32(20, 1, true);
  word(24, entry);
  word(bits === 64 ? 32 : 28, header);
  view.setUint16(bits === 64 ? 52 : 40, header, true);
  view.setUint16(bits === 64 ? 54 : 42, entrySize, true);
  view.setUint16(bits === 64 ? 56 : 44, segments.length, true);

  let data = dataAt;
  segments.forEach((segment, i) => {
    const at = header + i * entrySize;
    const memorySize = segment.memorySize ?? segment.bytes.length;
    const virtual = segment.virtual ?? segment.physical;
    view.setUint32(at, segment.type ?? PT_LOAD, true);
    if (bits === 64) {
      view.setUint32(at + 4, 5, true);
      [data, virtual, segment.physical, segment.bytes.length, memorySize, 4].forEach((value, n) =>
        word(at + 8 + 8 * n, value),
      );
    } else {
      [data, virtual, segment.physical, segment.bytes.length, memorySize, 5, 4].forEach((value, n) =>
        word(at + 4 + 4 * n, value),
      );
    }
    bytes.set(segment.bytes, data);
    data += Math.ceil(segment.bytes.length / 16) * 16;
  });
  return bytes;
}

/** A multiboot header; `addresses` are header, load, load end, bss end and entry. */
export function multibootHeader(flags: number, addresses: readonly number[] = []): Uint8Array {
  const words = [0x1badb002, flags, -(0x1badb002 + flags), ...addresses];
  return new Uint8Array(Uint32Array.from(words.map((word) => word >>> 0)).buffer);
}

/** The note that names a PVH entry. */
export function pvhNote(entry: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 4, true);
  view.setUint32(4, 4, true);
  view.setUint32(8, 18, true);
  bytes.set([0x58, 0x65, 0x6e, 0], 12);
  view.setUint32(16, entry, true);
  return bytes;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
  return bytes;
}
