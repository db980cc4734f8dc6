// Types, variables, lines and frames, as compilers write them in DWARF 2 to 5: against what the source says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type MemoryView, TypedValue } from "../../src/debug/look/index.ts";
import { findMember, loadSymbols, sizeOfType, stripType, type SymbolTable, typeName } from "../../src/debug/symbols/index.ts";
import { compilers, lineOf, program, type Program, versions } from "./debug-programs.ts";

/** The program's file as memory: what its segments load. */
function fileMemory({ bytes }: Program): MemoryView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segments = Array.from({ length: view.getUint16(56, true) }, (_, i) => {
    const at = Number(view.getBigUint64(32, true)) + i * view.getUint16(54, true);
    const [offset, start, size] = [8, 16, 32].map((field) => view.getBigUint64(at + field, true)) as [bigint, bigint, bigint];
    return { load: view.getUint32(at, true) === 1, offset, start, size };
  });
  return {
    read(address, size) {
      const home = segments.find((s) => s.load && address >= s.start && address + BigInt(size) <= s.start + s.size);
      if (!home) return undefined;
      const at = Number(home.offset + address - home.start);
      return bytes.subarray(at, at + size);
    },
  };
}

const all = compilers.flatMap((compiler) => versions.map((version) => program(compiler, version)))
  .concat(compilers.flatMap((compiler) => [program(compiler, 4, ["-m32"]), program(compiler, 5, ["-gz=zlib"])]).filter(Boolean));

const valueOf = (symbols: SymbolTable, one: Program, name: string): TypedValue => {
  const variable = symbols.variable(name);
  assert.ok(variable, `${one.name} has no variable ${name}`);
  return new TypedValue(fileMemory(one), variable.address, variable.type);
};

test("a compiler is here", () => assert.ok(compilers.length > 0));

for (const one of all) {
  const symbols = loadSymbols(one.bytes, one.name);
  const is64 = !one.name.includes("m32");
  const word = is64 ? 8 : 4;

  test(`${one.name}: members have their names, types and places`, () => {
    const type = stripType(symbols.type("struct everything")!);
    assert.equal(type.kind, "struct");
    if (type.kind !== "struct") return;
    const members = type.members.map((member) => typeName(member.type, member.name ?? ""));
    assert.deepEqual(members.filter((text) => !text.startsWith("struct {...}")), [
      "char letter", "const volatile u64 *watched", "struct list links", "unsigned int low", "unsigned int middle", "int high",
      "int grid[2][3]", "union either either", "enum colour colour", "_Bool yes", "double real",
      "int (*call)(struct everything *, const char *)", "struct hidden *hidden", "char tail[]",
    ]);
    assert.equal(findMember(type, "watched")!.offset, word);
    assert.equal(findMember(type, "links")!.offset, 2 * word);
    assert.deepEqual(stripType(findMember(type, "hidden")!.type).kind, "pointer");
    assert.equal(findMember(type, "nothing"), undefined);
    assert.equal(findMember(type, "deep")!.offset, findMember(type, "wide")!.offset);
    assert.equal(sizeOfType(findMember(type, "grid")!.type), 24);
    assert.equal(sizeOfType(symbols.type("u64")!), word);
  });

  test(`${one.name}: enumerators, also of an enum that nobody asked for by name`, () => {
    assert.deepEqual(["RED", "GREEN", "BLUE"].map((name) => BigInt.asIntN(32, symbols.enumerator(name)!)), [0n, 5n, -3n]);
    assert.equal(symbols.enumerator("PINK"), undefined);
    assert.equal(symbols.type("enum colour")!.kind, "enum");
  });

  test(`${one.name}: global, static and function-static variables are found`, () => {
    for (const name of ["global", "counter", "calls"]) {
      // A variable of a function is calls.0 to gcc, helper.calls to clang.
      const symbol = symbols.names("").find((text) => text.split(".").includes(name))!;
      assert.equal(symbols.variable(name)!.address, symbols.resolve(symbol)!.address, name);
    }
    assert.equal(symbols.variable("sum"), undefined);
    assert.equal(symbols.typeOf("counter")!.kind, "base");
  });

  if (is64) {
    test(`${one.name}: values are read by their types`, () => {
      const value = valueOf(symbols, one, "global");
      assert.deepEqual(
        ["low", "middle", "high", "colour", "yes", "inner", "wide"].map((name) => value.member(name).big() & 0xffffn),
        [5n, 99n, 0xfff9n, 0xfffdn, 1n, 42n, 0x1234n],
      );
      assert.equal(value.member("high").big(), -7n);
      assert.equal(value.member("grid").at(1).at(2).number(), 6);
      assert.equal(value.member("either.text").text(), "seven77");
      assert.equal(value.member("links.next").target().member("next").big(), value.member("links").address);
      assert.equal(value.member("links.prev").target().container(symbols.type("struct everything")!, "links").address, value.address);
      assert.throws(() => value.member("letter").target(), { name: "UserError" });
      assert.throws(() => value.member("links").big(), { name: "UserError" });
    });
  }

  test(`${one.name}: an address has its line, and a line its addresses`, () => {
    const helper = symbols.resolve("helper")!;
    const first = symbols.lineAt(helper.address)!;
    assert.deepEqual([first.file, first.directory], ["program.c", "."]);
    assert.ok(first.line >= lineOf("static __attribute__") && first.line <= lineOf("return (int)calls"));
    assert.ok(first.start <= helper.address && first.end > helper.address);
    const places = symbols.addressesOf("program.c", lineOf("calls += n"));
    assert.ok(places.length >= 1);
    for (const { address, line } of places) {
      assert.equal(line, lineOf("calls += n"));
      assert.equal(symbols.at(address)!.name, "helper");
      assert.equal(symbols.lineAt(address)!.line, line);
    }
    assert.equal(symbols.addressesOf("program.c", lineOf("counter++"))[0] && symbols.at(symbols.addressesOf("program.c", lineOf("counter++"))[0]!.address)!.name, "main");
    assert.deepEqual(symbols.addressesOf("other.c", 1), []);
    assert.equal(symbols.lineAt(0n), undefined);
    assert.ok(symbols.files().includes("program.c"));
  });

  test(`${one.name}: a line without code means the next one that has some`, () => {
    const [place] = symbols.addressesOf("program.c", lineOf("static long calls") + 1);
    assert.equal(place!.line, lineOf("calls += n"));
  });

  test(`${one.name}: every function has a frame, which begins at its return address`, () => {
    for (const name of ["main", "helper"]) {
      const { address, size } = symbols.resolve(name)!;
      const row = symbols.unwindAt(address)!;
      assert.deepEqual(row.cfa, { kind: "register", register: is64 ? 7 : 4, offset: BigInt(word) });
      assert.deepEqual(row.rules.get(row.returnRegister), { kind: "offset", offset: BigInt(-word) });
      for (let at = address; at < address + BigInt(size); at++) assert.ok(symbols.unwindAt(at), name);
    }
    assert.equal(symbols.unwindAt(0n), undefined);
  });
}
