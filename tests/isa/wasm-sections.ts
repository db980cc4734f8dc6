// Reads just enough of a Wasm module to tell how large a function's body is and how it branches.

class Reader {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  u8(): number {
    return this.bytes[this.at++] as number;
  }

  /** Unsigned LEB128. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const b = this.u8();
      value += (b & 0x7f) * 2 ** shift;
      if (b < 0x80) return value;
    }
  }

  skip(n: number): void {
    this.at += n;
  }
}

const CODE_SECTION = 10;
const HEADER = 8;

/** Sizes in bytes of the bodies in the code section, in the order of definition. */
export function bodySizes(module: Uint8Array): number[] {
  const r = new Reader(module);
  r.skip(HEADER);
  while (r.at < module.length) {
    const id = r.u8();
    const size = r.number();
    if (id !== CODE_SECTION) {
      r.skip(size);
      continue;
    }
    const count = r.number();
    return Array.from({ length: count }, () => {
      const body = r.number();
      r.skip(body);
      return body;
    });
  }
  throw new Error("the module has no code section");
}
