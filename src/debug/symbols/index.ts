// Names of what is in ELF files: symbols, source lines, types, frames. Bytes in, names out.

export { evaluate, type ExpressionContext } from "./expression.js";
export { programBeside, type SymbolFiles, symbolsOf } from "./files.js";
export { joinSymbols, loadSymbols } from "./table.js";
export { findMember, sizeOfType, stripType, typeName } from "./type-names.js";
export type * from "./types.js";
