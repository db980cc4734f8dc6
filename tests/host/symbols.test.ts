// The symbols of our kernel, held against what other people's readers say of the same file; and files that are not what
// they claim to be.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findMember, joinSymbols, loadSymbols, programBeside, stripType, symbolsOf, type SymbolTable, type TypeNode, typeName } from "../../src/debug/symbols/index.ts";
import { UserError } from "../../src/errors.ts";
import { scratch } from "../e2e/guest.ts";
import { compilers, has, program } from "./debug-programs.ts";

const KERNEL = "dist/guest/kernel.elf";
const PROGRAM = "dist/guest/user/churn.elf";
const kernel = loadSymbols(readFileSync(KERNEL), KERNEL);
const churn = loadSymbols(readFileSync(PROGRAM), PROGRAM);

const STRUCTS = [
  "mm_struct", "task_struct", "folio", "vm_area_struct", "migrc_req", "tlb_state", "flush_tlb_info", "rq", "pglist_data", "zone",
  "call_single_data", "flush_policy", "anonmm", "signal_struct", "pt_regs", "mm_task_state",
];

function run(tool: string, args: readonly string[], input = ""): string {
  const result = spawnSync(tool, args, { encoding: "utf8", input, maxBuffer: 2 ** 28 });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout;
}

const gdb = (commands: readonly string[], file = KERNEL): string => {
  const script = join(scratch, "commands.gdb");
  writeFileSync(script, commands.join("\n"));
  return run("gdb", ["-nx", "-batch", "-x", script, file]);
};

test("a symbol is found by its name, by an address inside it, and by how its name begins", () => {
  const start = kernel.resolve("start_kernel")!;
  assert.deepEqual([start.kind, start.global, start.module], ["function", true, KERNEL]);
  assert.deepEqual([kernel.at(start.address + 4n)!.name, kernel.at(start.address + 4n)!.offset], ["start_kernel", 4]);
  assert.equal(kernel.at(start.address + BigInt(start.size) - 1n)!.name, "start_kernel");
  assert.deepEqual(kernel.names("start_k"), ["start_kernel"]);
  assert.equal(kernel.resolve("no_such_function"), undefined);
  assert.equal(kernel.at(0x1234n), undefined);
  assert.equal(kernel.names("").length >= 500 && kernel.names("", 7).length, 7);
});

test("a name without a size holds up to the next name", () => {
  const stubs = kernel.resolve("idt_stubs")!;
  assert.equal(stubs.size, 0);
  assert.equal(kernel.at(stubs.address + 0xfffn)!.name, "idt_stubs");
  assert.notEqual(kernel.at(stubs.address + 0x1000n)!.name, "idt_stubs");
});

test("a name that a linker script puts elsewhere than its section names nothing in between", () => {
  assert.equal(kernel.resolve("phys_entry")!.address < 1n << 32n, true);
  for (const address of [0x200000n, 0x400000n, 1n << 40n]) assert.equal(kernel.at(address), undefined);
});

test("of several files the first that knows a name or an address is asked", () => {
  const both = joinSymbols([kernel, churn]);
  assert.deepEqual(both.modules, [KERNEL, PROGRAM]);
  assert.equal(both.at(churn.resolve("main")!.address)!.module, PROGRAM);
  assert.equal(both.lineAt(churn.resolve("main")!.address)!.file, "guest/user/churn.c");
  assert.equal(both.resolve("memcpy")!.module, KERNEL);
  assert.equal(both.variable("mem_map")!.module, KERNEL);
});

test("the program that our kernel will run is found beside it", async () => {
  assert.equal(programBeside(KERNEL, "tlb=sync init=hello init=churn -- init=echo"), PROGRAM);
  assert.equal(programBeside(KERNEL, ""), "dist/guest/user/hello.elf");
  assert.equal(programBeside(KERNEL, "init=../kernel"), undefined);
  const symbols = await symbolsOf({ image: readFileSync(KERNEL), path: KERNEL, commandLine: "init=churn" });
  assert.deepEqual(symbols!.modules, [KERNEL, PROGRAM]);
  assert.equal(await symbolsOf({ image: new Uint8Array(64), path: "image", commandLine: "" }), undefined);
});

test("debug information of the guest names no folder of the machine that it was built on", () => {
  for (const file of [...kernel.files(), ...churn.files()]) assert.match(file, /^(guest\/|\/usr\/|<built-in>)/);
  const text = readFileSync(KERNEL).toString("latin1");
  assert.equal(text.includes(process.cwd()), false);
});

/** A struct as gdb's ptype writes it: what has no name is shown with its members, but not what is in that again. */
function ptype(type: TypeNode, indent = "    ", depth = 0): string[] {
  const compound = stripType(type);
  if (compound.kind !== "struct" && compound.kind !== "union") return [];
  return compound.members.flatMap((member) => {
    const inner = member.type;
    const anonymous = (inner.kind === "struct" || inner.kind === "union") && inner.name === undefined;
    if (anonymous && depth < 1) return [`${indent}${inner.kind} {`, ...ptype(inner, `${indent}    `, depth + 1), `${indent}}${member.name ? ` ${member.name}` : ""};`];
    const bits = member.bitSize === undefined ? "" : ` : ${member.bitSize}`;
    return [`${indent}${typeName(inner, member.name)}${bits};`];
  });
}

test("types and places of members are gdb's", { skip: has("gdb") ? false : "gdb is not installed" }, () => {
  const known = STRUCTS.map((name) => [name, kernel.type(`struct ${name}`)!] as const);
  const types = gdb(known.map(([name]) => `ptype struct ${name}`)).split(/^type = /m).slice(1);
  known.forEach(([name, type], i) => {
    const expected = types[i]!.trimEnd().split("\n").slice(1, -1);
    assert.deepEqual(ptype(type), expected, name);
  });
  const members = known.flatMap(([name, type]) => {
    const compound = stripType(type);
    return compound.kind === "struct" ? compound.members.flatMap((m) => (m.name && m.bitSize === undefined ? [[name, m.name] as const] : [])) : [];
  });
  const offsets = gdb(members.map(([name, member]) => `printf "%ld\\n", (long)&((struct ${name} *)0)->${member}`)).trim().split("\n").map(Number);
  assert.ok(members.length > 100);
  members.forEach(([name, member], i) => assert.equal(findMember(kernel.type(`struct ${name}`)!, member)!.offset, offsets[i], `${name}.${member}`));
});

/** Some addresses in every function. */
function samples(symbols: SymbolTable): bigint[] {
  return symbols.names("").flatMap((name) => {
    const symbol = symbols.resolve(name)!;
    if (symbol.kind !== "function") return [];
    return [0, 1, 2, 3].map((part) => symbol.address + BigInt(Math.floor((symbol.size * part) / 4)));
  });
}

test("lines of addresses are gdb's", { skip: has("gdb") ? false : "gdb is not installed" }, () => {
  const programs = compilers.flatMap((compiler) => [2, 4, 5].map((version) => program(compiler, version)));
  const small = programs.map(({ bytes, name, file }) => [loadSymbols(bytes, name), file] as const);
  for (const [symbols, file] of [[kernel, KERNEL], [churn, PROGRAM], ...small] as const) {
    const addresses = samples(symbols);
    const answers = gdb(addresses.map((address) => `info line *0x${address.toString(16)}`), file).trim().split("\n");
    const wrong = addresses.flatMap((address, i) => {
      const match = /^Line (\d+) of "([^"]+)"/.exec(answers[i]!);
      const mine = symbols.lineAt(address);
      return match && `${mine?.file}:${mine?.line}` !== `${match[2]!.replace(/^\.\//, "")}:${match[1]}` ? [`${answers[i]} but ${mine?.file}:${mine?.line}`] : [];
    });
    assert.deepEqual(wrong, []);
  }
});

test("frames of every address are readelf's", { skip: has("readelf") ? false : "readelf is not installed" }, () => {
  const names = ["rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", ...Array.from({ length: 8 }, (_, i) => `r${i + 8}`), "ra"];
  const text = run("readelf", ["--debug-dump=frames-interp", KERNEL]);
  let columns: string[] = [];
  let rows = 0;
  let inside = false;
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    if (/ (CIE|FDE) /.test(line)) inside = line.includes(" FDE ");
    if (words[0] === "LOC") columns = words.slice(2);
    if (!inside || !/^[0-9a-f]{16}$/.test(words[0]!) || words.length !== columns.length + 2) continue;
    const row = kernel.unwindAt(BigInt(`0x${words[0]}`));
    assert.ok(row, line);
    assert.ok(row.cfa.kind === "register");
    assert.equal(`${names[row.cfa.register]}+${row.cfa.offset}`, words[1], line);
    columns.forEach((name, i) => {
      const rule = row.rules.get(names.indexOf(name));
      const shown = !rule || rule.kind === "undefined" ? "u" : rule.kind === "offset" ? `c${rule.offset}` : rule.kind === "register" ? names[rule.register] : "s";
      assert.equal(shown, words[i + 2], `${name}: ${line}`);
    });
    rows++;
  }
  assert.ok(rows > 500);
});

/** Numbers that look random and are the same each time. */
function* noise(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 8;
  }
}

function askEverything(bytes: Uint8Array): void {
  const attempt = (ask: () => unknown) => {
    try {
      ask();
    } catch (error) {
      assert.ok(error instanceof UserError, String((error as Error).stack));
      assert.equal(error.message.includes("\n"), false);
    }
  };
  attempt(() => {
    const symbols = loadSymbols(bytes, "a file");
    attempt(() => symbols.names(""));
    attempt(() => symbols.at(0x401000n));
    attempt(() => symbols.files());
    attempt(() => symbols.addressesOf("program.c", 30));
    attempt(() => symbols.enumerator("BLUE"));
    attempt(() => symbols.variable("nobody"));
    for (let at = 0x401000n; at < 0x401080n; at += 16n) {
      attempt(() => symbols.lineAt(at));
      attempt(() => symbols.unwindAt(at));
    }
    for (const name of ["global", "calls", "counter"]) {
      attempt(() => {
        const type = symbols.typeOf(name);
        if (type) ptype(type).join("");
      });
    }
  });
}

test("a file that is not what it claims to be is a UserError, or is read as far as it makes sense", () => {
  const random = noise(1);
  const next = (below: number): number => (random.next().value as number) % below;
  for (const compiler of compilers) {
    for (const version of [3, 4, 5]) {
      const { bytes } = program(compiler, version);
      for (let round = 0; round < 300; round++) {
        const copy = Uint8Array.from(bytes);
        for (let changes = 1 + next(8); changes > 0; changes--) {
          const at = next(4) === 0 ? next(64) : next(copy.length);
          copy[at] = next(3) === 0 ? 0xff : next(256);
        }
        askEverything(next(8) === 0 ? copy.subarray(0, next(copy.length)) : copy);
      }
    }
  }
});

test("what is no ELF file for x86 is refused in one line", () => {
  const elf = Uint8Array.from(readFileSync(PROGRAM));
  const changed = (at: number, value: number) => Object.assign(elf.slice(), { [at]: value });
  for (const [bytes, message] of [
    [new Uint8Array(0), /not an ELF/], [new TextEncoder().encode("hello, world"), /not an ELF/], [elf.subarray(0, 40), /truncated/],
    [changed(5, 2), /little-endian/], [changed(4, 9), /class 9/], [changed(18, 183), /not for x86/], [changed(16, 1), /object file/],
  ] as const) {
    assert.throws(() => loadSymbols(bytes, "a file"), (error) => error instanceof UserError && message.test(error.message));
  }
});

test("a type that contains itself is read without end, as far as one looks", () => {
  const list = stripType(kernel.type("struct list_head")!);
  const next = findMember(list, "next")!.type;
  assert.equal(next.kind === "pointer" && stripType(next.target), list);
});

const byGcc = readFileSync(KERNEL).includes("GNU C");
const noInlines = !has("addr2line") ? "addr2line is not installed" : !byGcc && "addr2line misreads clang's lists of ranges";

test("functions that were inlined are addr2line's", { skip: noInlines }, () => {
  const addresses = samples(kernel);
  // For each address the functions, innermost first, each followed by its line; the last is the symbol table's.
  const answers = run("addr2line", ["-a", "-i", "-f", "-e", KERNEL, ...addresses.map((address) => address.toString(16))]).split(/^0x[0-9a-f]{16}\n/m).slice(1);
  let inlined = 0;
  addresses.forEach((address, i) => {
    const names = answers[i]!.trim().split("\n").filter((_, n) => n % 2 === 0);
    if (names.includes("??")) return;
    const mine = kernel.inlinedAt(address).map((call) => call.name);
    assert.deepEqual(mine, names.slice(0, -1), `0x${address.toString(16)}`);
    inlined += mine.length;
  });
  assert.ok(inlined > 100, `${inlined} calls`);
});
