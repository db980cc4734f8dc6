// One instruction as text, for messages about what is not implemented. The disassembler is large and
// rarely wanted, so it is loaded when it is first asked for.

import { createRequire } from "node:module";
import type * as Iced from "iced-x86";

let loaded: typeof Iced | undefined;

/** The disassembler's library. What it makes must be freed. */
export function loadIced(): typeof Iced {
  loaded ??= createRequire(import.meta.url)("iced-x86") as typeof Iced;
  return loaded;
}

/** The first instruction in `bytes` in Intel syntax; `bits` is 16, 32 or 64. */
export function disassemble(bytes: Uint8Array, rip: bigint, bits: 16 | 32 | 64): string {
  const { Decoder, DecoderOptions, Formatter, FormatterSyntax } = loadIced();
  const decoder = new Decoder(bits, bytes, DecoderOptions.None);
  const formatter = new Formatter(FormatterSyntax.Intel);
  decoder.ip = rip;
  const instruction = decoder.decode();
  try {
    return instruction.isInvalid ? "not an instruction" : formatter.format(instruction);
  } finally {
    instruction.free();
    formatter.free();
    decoder.free();
  }
}
