// Bytes of traces: numbers as text and as protobuf are what the language and the library make of them, at every length.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { Bytes, Piece } from "../../src/trace/bytes.ts";
import { key, messageKey, ProtobufBytes } from "../../src/trace/protobuf-bytes.ts";
import { TextBytes } from "../../src/trace/text-bytes.ts";

const written = (bytes: Bytes): Uint8Array => Buffer.concat(bytes.takeAll());
const text = (write: (bytes: TextBytes) => void): string => {
  const bytes = new TextBytes();
  write(bytes);
  return new TextDecoder().decode(written(bytes));
};
const reader = (write: (bytes: ProtobufBytes) => void): BinaryReader => {
  const bytes = new ProtobufBytes();
  write(bytes);
  return new BinaryReader(written(bytes));
};

/** Of all lengths alike, and the places where the length changes. */
const whole = fc.tuple(fc.nat({ max: 52 }), fc.maxSafeNat()).map(([bits, value]) => value % 2 ** (bits + 1));
const edges = [0, 1, 9, 10, 99, 100, 127, 128, 16383, 16384, 99_999_999, 1e8, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 1e16 / 2, Number.MAX_SAFE_INTEGER];
const wide = fc.tuple(fc.nat({ max: 63 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map(([shift, value]) => value >> BigInt(shift));
const halves = (value: bigint) => [Number(value & 0xffff_ffffn), Number(value >> 32n)] as const;

test("numbers as text are what the language makes of them", () => {
  for (const value of edges) assert.equal(text((bytes) => bytes.decimal(value)), `${value}`);
  fc.assert(fc.property(whole, (value) => assert.equal(text((bytes) => bytes.decimal(value)), `${value}`)));
  fc.assert(fc.property(wide, (value) => assert.equal(text((bytes) => bytes.hexadecimal(...halves(value))), value.toString(16))));
});

test("the library reads varints, fixed numbers and messages as they were written", () => {
  for (const value of edges) assert.equal(BigInt(reader((bytes) => bytes.whole(value)).uint64()), BigInt(value));
  fc.assert(fc.property(wide, (value) => assert.equal(BigInt(reader((bytes) => bytes.varint(...halves(value))).uint64()), value)));
  fc.assert(fc.property(whole, (value) => assert.equal(BigInt(reader((bytes) => bytes.fixed64(value)).fixed64()), BigInt(value))));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 16383 }), fc.integer({ min: 1, max: 100 }), (content, field) => {
    const read = reader((bytes) => {
      bytes.begin();
      bytes.copy(new Piece(messageKey(field)));
      const length = key(field, 2).length + 2;
      bytes.put(content);
      bytes.endMessage(length);
    });
    assert.deepEqual(read.tag(), [field, 2]);
    assert.deepEqual(Uint8Array.from(read.bytes()), content);
    assert.equal(read.pos, read.len);
  }), { numRuns: 20 });
});

test("pieces of any length lie one behind the other, and so do blocks", () => {
  const pieces = Array.from({ length: 40 }, (_, length) => Uint8Array.from({ length }, (_unused, i) => length + i));
  const known = pieces.map((piece) => new Piece(piece));
  const bytes = new Bytes();
  const expected: Uint8Array[] = [];
  const taken: Uint8Array[] = [];
  for (let round = 0; round < 3000; round++) {
    for (const piece of known) {
      bytes.begin();
      bytes.copy(piece);
    }
    expected.push(...pieces);
    if (round % 100 === 0) taken.push(...bytes.takeFull());
  }
  taken.push(...bytes.takeAll());
  assert.ok(taken.length > 2);
  assert.ok(Buffer.concat(taken).equals(Buffer.concat(expected)));
});
