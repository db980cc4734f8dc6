// Names of what is in ELF files: symbols, source lines, types, frames. Bytes in, names out.

export { joinSymbols, loadSymbols } from "./table.js";
export type * from "./types.js";
