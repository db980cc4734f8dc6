// The WebAssembly binary format, as far as the compiler reads and writes it.

export const I32 = 0x7f;
export const I64 = 0x7e;
export const VOID = 0x40;

export const op = {
  unreachable: 0x00, block: 0x02, loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, br: 0x0c, brTable: 0x0e, return: 0x0f, call: 0x10,
  select: 0x1b, localGet: 0x20, localSet: 0x21, localTee: 0x22, globalGet: 0x23, globalSet: 0x24,
  i32Load: 0x28, i64Load: 0x29, i32Load16U: 0x2f, i64Load8S: 0x30, i64Load32U: 0x35,
  i32Store: 0x36, i64Store: 0x37, i64Store8: 0x3c, i64Store32: 0x3e,
  i32Const: 0x41, i64Const: 0x42, i32Eqz: 0x45, i32Eq: 0x46, i64Eqz: 0x50, i64GeU: 0x5a,
  i32Add: 0x6a, i32Sub: 0x6b, i64And: 0x83, i64Or: 0x84, i64Shl: 0x86, i64ShrU: 0x88, i64Rotr: 0x8a,
  i32Wrap: 0xa7, i64ExtendI32S: 0xac, i64ExtendI32U: 0xad,
  i32Extend8: 0xc0, i64Extend8: 0xc2, i64Extend16: 0xc3, i64Extend32: 0xc4,
} as const;

/** Unsigned LEB128 of 32 bits. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** `i32.const`. */
export function i32Const(value: number): number[] {
  const bytes: number[] = [op.i32Const];
  let rest = value | 0;
  for (; rest < -0x40 || rest >= 0x40; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest & 0x7f);
  return bytes;
}

/** `i64.const`. */
export function i64Const(value: bigint): number[] {
  const bytes: number[] = [op.i64Const];
  let rest = BigInt.asIntN(64, value);
  for (; rest < -0x40n || rest >= 0x40n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest & 0x7fn));
  return bytes;
}

/** Alignment 1 (a guest aligns as it likes), then the offset. */
export const memarg = (offset: number): number[] => [0, ...unsigned(offset)];

/** A function `i32 -> i64`: its locals beyond the parameter as counts and types, and its code without the last `end`. */
export interface Function {
  readonly locals: readonly (readonly [number, number])[];
  readonly code: readonly number[];
}

/** A module of `functions`, exported by their numbers, over the imported memory `env.memory` of exactly `pages`. */
export function moduleOf(pages: number, functions: readonly Function[]): Uint8Array {
  const bytes: number[] = [];
  const append = (part: readonly number[]): void => {
    for (const byte of part) bytes.push(byte);
  };
  const section = (id: number, content: readonly number[]): void => {
    bytes.push(id, ...unsigned(content.length));
    append(content);
  };
  const name = (text: string): number[] => [text.length, ...[...text].map((c) => c.charCodeAt(0))];
  append([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  section(1, [1, 0x60, 1, I32, 1, I64]);
  section(2, [1, ...name("env"), ...name("memory"), 2, 1, ...unsigned(pages), ...unsigned(pages)]);
  section(3, [...unsigned(functions.length), ...functions.map(() => 0)]);
  section(7, [...unsigned(functions.length), ...functions.flatMap((_, i) => [...name(String(i)), 0, ...unsigned(i)])]);
  const bodies: number[] = [...unsigned(functions.length)];
  for (const { locals, code } of functions) {
    const head = [...unsigned(locals.length), ...locals.flatMap(([count, type]) => [...unsigned(count), type])];
    bodies.push(...unsigned(head.length + code.length + 1), ...head);
    for (const byte of code) bodies.push(byte);
    bodies.push(op.end);
  }
  section(10, bodies);
  return Uint8Array.from(bytes);
}
