// What is known of a program from its ELF files: names, source lines, types, how frames unwind. The data that
// every room above src/debug/symbols works with; nothing here knows a machine.

/** A function, an object, or a name without a kind (assembly). */
export interface SymbolInfo {
  readonly name: string;
  readonly address: bigint;
  /** Bytes; 0 where the file does not say. */
  readonly size: number;
  readonly kind: "function" | "object" | "label";
  readonly global: boolean;
  /** Name of the file that it is from. */
  readonly module: string;
}

/** An address as `name+offset`. */
export interface SymbolAt extends SymbolInfo {
  readonly offset: number;
}

/** A row of a line table, and the addresses that it covers. */
export interface LineAt {
  /** As the compiler was told: relative to where the program was built, such as `guest/mm/tlb.c`. */
  readonly file: string;
  /** The folder that `file` is relative to. */
  readonly directory: string;
  readonly line: number;
  readonly column?: number;
  /** The row holds from `start` to before `end`. */
  readonly start: bigint;
  readonly end: bigint;
}

/** Where code of a line begins. */
export interface LineAddress {
  readonly file: string;
  readonly line: number;
  readonly address: bigint;
  readonly isStatement: boolean;
}

/** A function that was inlined. */
export interface InlinedCall {
  readonly name: string;
  /** Where, in the function around it, it is called. */
  readonly caller?: { readonly file: string; readonly line: number };
}

export interface Member {
  /** Absent for an anonymous struct or union, whose members count as its parent's. */
  readonly name?: string;
  readonly type: TypeNode;
  /** Bytes from the start of the parent. */
  readonly offset: number;
  /** For a bit field: bits from the least significant bit at `offset`, and how many. */
  readonly bitOffset?: number;
  readonly bitSize?: number;
}

export interface Enumerator {
  readonly name: string;
  readonly value: bigint;
}

export type BaseEncoding = "signed" | "unsigned" | "boolean" | "character" | "float" | "other";
export type Qualifier = "const" | "volatile" | "restrict" | "_Atomic";

/** A type as C has it. What a node refers to is read from the file when it is first looked at, so cycles are fine. */
export type TypeNode =
  | { readonly kind: "void" }
  | { readonly kind: "base"; readonly name: string; readonly size: number; readonly encoding: BaseEncoding }
  | { readonly kind: "pointer"; readonly size: number; readonly target: TypeNode }
  | {
      readonly kind: "struct" | "union";
      readonly name?: string;
      readonly size: number;
      readonly members: readonly Member[];
      /** True if the file has no definition of it. */
      readonly incomplete: boolean;
    }
  | { readonly kind: "array"; readonly element: TypeNode; readonly count?: number }
  | { readonly kind: "enum"; readonly name?: string; readonly size: number; readonly values: readonly Enumerator[] }
  | { readonly kind: "typedef"; readonly name: string; readonly target: TypeNode }
  | { readonly kind: "qualified"; readonly qualifier: Qualifier; readonly target: TypeNode }
  | { readonly kind: "function"; readonly returns: TypeNode; readonly parameters: readonly TypeNode[] };

/** A variable at a fixed address: global, or static in a file or in a function. */
export interface Variable {
  readonly name: string;
  readonly address: bigint;
  readonly type: TypeNode;
  readonly module: string;
}

/** How the caller's value of a register is found (DWARF 5, 6.4.1). Registers have DWARF's numbers: 16 is the return address. */
export type RegisterRule =
  | { readonly kind: "undefined" }
  | { readonly kind: "same" }
  /** Saved at CFA + offset. */
  | { readonly kind: "offset"; readonly offset: bigint }
  /** Is CFA + offset. */
  | { readonly kind: "value-offset"; readonly offset: bigint }
  | { readonly kind: "register"; readonly register: number }
  /** Saved at, or is, what the expression yields. */
  | { readonly kind: "expression" | "value-expression"; readonly bytes: Uint8Array };

export type CfaRule =
  | { readonly kind: "register"; readonly register: number; readonly offset: bigint }
  | { readonly kind: "expression"; readonly bytes: Uint8Array };

/** The row of the call frame table that holds at an address. */
export interface UnwindRow {
  readonly cfa: CfaRule;
  readonly rules: ReadonlyMap<number, RegisterRule>;
  readonly returnRegister: number;
  /** An interrupt or system call made this frame: the return address is the next instruction, not behind a call. */
  readonly signal: boolean;
}

/** All that is known by symbols. Of a name or address that several files have, the first file's counts. */
export interface SymbolTable {
  /** Names of the files. */
  readonly modules: readonly string[];
  /** The symbol of this name; a global one before a local one. */
  resolve(name: string): SymbolInfo | undefined;
  /** The symbol that `address` lies in. */
  at(address: bigint): SymbolAt | undefined;
  /** Names that begin with `prefix`, sorted, at most `limit`. */
  names(prefix: string, limit?: number): string[];
  lineAt(address: bigint): LineAt | undefined;
  /** Functions that were inlined at `address`, innermost first: the symbol table does not have them. */
  inlinedAt(address: bigint): InlinedCall[];
  /** Where the code of `line` begins, in all copies of it. `file` may leave out leading folders. */
  addressesOf(file: string, line: number): LineAddress[];
  /** Source files that have line tables. */
  files(): string[];
  variable(name: string): Variable | undefined;
  /** Type of the variable `name`. */
  typeOf(name: string): TypeNode | undefined;
  /** A type by its C name: `struct mm_struct`, `enum pageflags`, `pte_t`, `unsigned long`. */
  type(name: string): TypeNode | undefined;
  /** Value of an enumerator of any enum. */
  enumerator(name: string): bigint | undefined;
  unwindAt(address: bigint): UnwindRow | undefined;
}
