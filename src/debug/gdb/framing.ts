// The lowest layer of the remote serial protocol (GDB manual, "Overview" of its appendix E): bytes of the line
// to packets and back. `$contents#checksum`, `+` and `-` between packets, 03H for Ctrl-C. For link.ts.

/** Bytes that a packet may hold, as PacketSize in qSupported says it. */
export const PACKET_SIZE = 0x10000;

export type Received =
  | { readonly kind: "packet"; readonly contents: string }
  /** A packet whose checksum is wrong. */
  | { readonly kind: "damaged" }
  /** A packet with more than PACKET_SIZE bytes. */
  | { readonly kind: "overlong" }
  | { readonly kind: "ack" }
  | { readonly kind: "nack" }
  | { readonly kind: "interrupt" };

const START = 0x24; // $
const END = 0x23; // #
const ESCAPE = 0x7d; // }
const REPEAT = 0x2a; // *
const ESCAPE_BIT = 0x20;
/** A run's count is sent as a printable character: so many repetitions more than its code less this. */
const REPEAT_BIAS = 29;
const CONTROL: Readonly<Record<number, Received>> = {
  0x2b: { kind: "ack" },
  0x2d: { kind: "nack" },
  0x03: { kind: "interrupt" },
};

const hexDigit = (byte: number): number => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? -1 : digit;
};

/** Takes the line apart. What stands between packets and is none of the above is passed over. */
export class PacketReader {
  #state: "between" | "contents" | "high digit" | "low digit" = "between";
  #raw: number[] = [];
  #sum = 0;
  #overlong = false;
  #digits = 0;

  push(bytes: Uint8Array): Received[] {
    const received: Received[] = [];
    for (const byte of bytes) {
      const one = this.#byte(byte);
      if (one) received.push(one);
    }
    return received;
  }

  #byte(byte: number): Received | undefined {
    switch (this.#state) {
      case "between":
        if (byte === START) this.#begin();
        return CONTROL[byte];
      case "contents":
        // A packet never holds a bare $: the rest of the one before was lost, and this is the next.
        if (byte === START) this.#begin();
        else if (byte === END) this.#state = "high digit";
        else this.#content(byte);
        return undefined;
      case "high digit":
        if (byte === START) return this.#lost();
        this.#digits = hexDigit(byte);
        this.#state = "low digit";
        return undefined;
      case "low digit":
        if (byte === START) return this.#lost();
        this.#state = "between";
        return this.#finish(this.#digits < 0 || hexDigit(byte) < 0 ? -1 : this.#digits * 16 + hexDigit(byte));
    }
  }

  #begin(): void {
    this.#state = "contents";
    this.#raw = [];
    this.#sum = 0;
    this.#overlong = false;
  }

  /** A packet begins where the checksum of the one before should be. */
  #lost(): Received {
    this.#begin();
    return { kind: "damaged" };
  }

  #content(byte: number): void {
    this.#sum = (this.#sum + byte) & 0xff;
    if (this.#raw.length < PACKET_SIZE) this.#raw.push(byte);
    else this.#overlong = true;
  }

  #finish(checksum: number): Received {
    const raw = this.#raw;
    this.#raw = [];
    if (checksum !== this.#sum) return { kind: "damaged" };
    const contents = this.#overlong ? undefined : decode(raw);
    return contents === undefined ? { kind: "overlong" } : { kind: "packet", contents };
  }
}

/**
 * Undoes escapes and run-length encoding; undefined if more than a packet comes of it. Only what stubs send
 * must escape `*`, so in the binary data of X it may stand for itself, and so it does where it is no run.
 */
function decode(raw: readonly number[]): string | undefined {
  const bytes: number[] = [];
  const runs = raw[0] !== 0x58; // X
  for (let i = 0; i < raw.length; i++) {
    const byte = raw[i]!;
    const next = raw[i + 1];
    if (byte === ESCAPE && next !== undefined) {
      bytes.push(next ^ ESCAPE_BIT);
      i++;
    } else if (runs && byte === REPEAT && i > 0 && next !== undefined && next >= 0x20 && next <= 0x7e) {
      const last = bytes.at(-1)!;
      for (let left = next - REPEAT_BIAS; left > 0; left--) bytes.push(last);
      i++;
    } else {
      bytes.push(byte);
    }
    if (bytes.length > PACKET_SIZE) return undefined;
  }
  return Buffer.from(bytes).toString("latin1");
}

const MUST_ESCAPE = /[#$}*]/g;

/** `contents` as a packet, ready to be sent. */
export function encodePacket(contents: string): Uint8Array {
  const escaped = contents.replaceAll(MUST_ESCAPE, (char) => `}${String.fromCharCode(char.charCodeAt(0) ^ ESCAPE_BIT)}`);
  let sum = 0;
  for (let i = 0; i < escaped.length; i++) sum = (sum + escaped.charCodeAt(i)) & 0xff;
  return Buffer.from(`$${escaped}#${sum.toString(16).padStart(2, "0")}`, "latin1");
}
