// The loaders: what they accept, where they put it, and the one line that they refuse with.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { UserError } from "../../src/errors.ts";
import { parseElf } from "../../src/boot/elf.ts";
import type { BootRequest, LoadedImage } from "../../src/boot/image.ts";
import { prepareImage } from "../../src/boot/load.ts";
import { parseModuleList } from "../../src/boot/modules.ts";
import { concat, elfImage, multibootHeader, PT_NOTE, pvhNote } from "./images.ts";

const RSDP = 0xe0000;
const CODE = Uint8Array.of(0xf4, 0xeb, 0xfd, 0x90);
const MEMORY = 16 << 20;

function request(image: Uint8Array, more: Partial<BootRequest> = {}): BootRequest {
  return { image, name: "image", commandLine: "", modules: [], memory: MEMORY, ...more };
}

const load = (image: Uint8Array, more: Partial<BootRequest> = {}): LoadedImage => prepareImage(request(image, more), RSDP);

/** The bytes at `address` after loading, as a view. */
function memoryAt(loaded: LoadedImage, address: number): DataView {
  const chunk = loaded.chunks.find((c) => address >= c.start && address < c.start + c.bytes.length);
  assert.ok(chunk, `nothing was loaded at 0x${address.toString(16)}`);
  const { buffer, byteOffset, byteLength } = chunk.bytes;
  return new DataView(buffer, byteOffset + address - chunk.start, byteLength - (address - chunk.start));
}

function textAt(loaded: LoadedImage, address: number): string {
  const view = memoryAt(loaded, address);
  let text = "";
  for (let i = 0; view.getUint8(i) !== 0; i++) text += String.fromCharCode(view.getUint8(i));
  return text;
}

const refuses = (image: Uint8Array, message: RegExp, more: Partial<BootRequest> = {}) =>
  assert.throws(() => load(image, more), (error) => error instanceof UserError && message.test(error.message) && !error.message.includes("\n"));

const multibootElf = (bits: 32 | 64) =>
  elfImage({ bits, entry: 0x10000c, segments: [{ physical: 0x100000, bytes: concat(multibootHeader(3), CODE), memorySize: 8192 }] });

for (const bits of [32, 64] as const) {
  test(`a multiboot ELF${bits} image is loaded by its program headers`, () => {
    const loaded = load(multibootElf(bits));
    assert.equal(loaded.format, "multiboot");
    assert.equal(loaded.entry, 0x10000c);
    assert.equal(loaded.eax, 0x2badb002);
    assert.equal(memoryAt(loaded, 0x10000c).getUint8(0), 0xf4);
  });
}

test("a multiboot header with addresses loads a file of any format", () => {
  const header = multibootHeader(0x10003, [0x200004, 0x200000, 0x200030, 0x203000, 0x200028]);
  const image = concat(new Uint8Array(4), header, CODE, new Uint8Array(64));
  const loaded = load(image);
  const kernel = loaded.chunks.find((chunk) => chunk.start === 0x200000);
  assert.equal(kernel?.size, 0x3000);
  assert.equal(kernel?.bytes.length, 0x30);
  assert.equal(loaded.entry, 0x200028);
});

test("the multiboot information names command line, modules and memory as QEMU does", () => {
  const modules = [
    { name: "one", bytes: Uint8Array.of(1, 2, 3), commandLine: "one first" },
    { name: "two", bytes: Uint8Array.of(4), commandLine: "two" },
  ];
  const loaded = load(multibootElf(32), { commandLine: "init=hello", modules });
  const info = memoryAt(loaded, loaded.ebx);
  assert.equal(textAt(loaded, info.getUint32(16, true)), "image init=hello");
  assert.equal(info.getUint32(4, true), 639);
  assert.equal(info.getUint32(8, true), (MEMORY >> 10) - 1024);
  assert.equal(info.getUint32(20, true), 2);
  const first = memoryAt(loaded, info.getUint32(24, true));
  assert.equal(first.getUint32(0, true) % 4096, 0);
  assert.equal(memoryAt(loaded, first.getUint32(0, true)).getUint8(2), 3);
  assert.equal(first.getUint32(4, true) - first.getUint32(0, true), 3);
  assert.equal(textAt(loaded, first.getUint32(8, true)), "one first");
  const map = memoryAt(loaded, info.getUint32(48, true));
  assert.equal(map.getUint32(0, true), 20);
  assert.equal(Number(map.getBigUint64(12, true)), 0x9fc00);
  assert.equal(info.getUint32(44, true) % 24, 0);
});

test("an ELF file with a PVH note is entered there, with start_info in EBX", () => {
  const image = elfImage({
    bits: 64, entry: 0xffffffff80100000n,
    segments: [
      { physical: 0x100000, virtual: 0xffffffff80100000n, bytes: CODE },
      { physical: 0, bytes: pvhNote(0x100001), type: PT_NOTE },
    ],
  });
  const loaded = load(image, { commandLine: "quiet", modules: [{ name: "m", bytes: CODE, commandLine: "m" }] });
  assert.equal(loaded.format, "pvh");
  assert.equal(loaded.entry, 0x100001);
  const info = memoryAt(loaded, loaded.ebx);
  assert.equal(info.getUint32(0, true), 0x336ec578);
  assert.equal(info.getUint32(12, true), 1);
  assert.equal(textAt(loaded, Number(info.getBigUint64(24, true))), "quiet");
  assert.equal(Number(info.getBigUint64(32, true)), RSDP);
  const module = memoryAt(loaded, Number(info.getBigUint64(16, true)));
  assert.equal(memoryAt(loaded, Number(module.getBigUint64(0, true))).getUint8(0), 0xf4);
});

test("a multiboot header wins over a PVH note", () => {
  const image = elfImage({
    bits: 32, entry: 0x10000c,
    segments: [
      { physical: 0x100000, bytes: concat(multibootHeader(0), CODE) },
      { physical: 0, bytes: pvhNote(0x10000c), type: PT_NOTE },
    ],
  });
  assert.equal(load(image).format, "multiboot");
});

test("a virtual entry point is turned into a physical one", () => {
  const image = elfImage({
    bits: 64, entry: 0xffffffff8010000cn,
    segments: [{ physical: 0x100000, virtual: 0xffffffff80100000n, bytes: concat(multibootHeader(0), CODE) }],
  });
  assert.equal(load(image).entry, 0x10000c);
});

test("wrong images are refused with one line that says why", () => {
  refuses(new Uint8Array(0), /is empty/);
  refuses(new Uint8Array(4096), /not a bootable image/);
  refuses(elfImage({ bits: 64, entry: 0, machine: 183, segments: [] }), /AArch64/);
  refuses(elfImage({ bits: 64, entry: 0x100000, segments: [{ physical: 0x100000, bytes: CODE }] }), /neither a multiboot header nor a PVH/);
  refuses(multibootElf(64).subarray(0, 70), /not a bootable image|truncated|neither/);
  refuses(multibootElf(32).subarray(0, -8), /truncated/);
  refuses(elfImage({ bits: 32, entry: 0x100000, segments: [{ physical: 0x100000, bytes: multibootHeader(4) }] }), /video mode/);
  refuses(elfImage({ bits: 32, entry: 0x100000, segments: [{ physical: 0x100000, bytes: multibootHeader(0x80) }] }), /not known/);
  refuses(elfImage({ bits: 32, entry: 0x900000, segments: [{ physical: 0x100000, bytes: multibootHeader(0) }] }), /entry/);
  refuses(elfImage({ bits: 32, entry: 0xb8000, segments: [{ physical: 0xb8000, bytes: multibootHeader(0) }] }), /video memory/);
  const linux = new Uint8Array(1024);
  linux.set(new TextEncoder().encode("HdrS"), 0x202);
  refuses(linux, /compressed Linux kernel/);
});

test("an image or module that does not fit the memory is refused", () => {
  const large = elfImage({ bits: 32, entry: 0x10000c, segments: [{ physical: 0x100000, bytes: concat(multibootHeader(0), CODE), memorySize: 1 << 28 }] });
  refuses(large, /too large for the memory/);
  const modules = [{ name: "huge", bytes: new Uint8Array(MEMORY), commandLine: "huge" }];
  refuses(multibootElf(32), /huge .* too large for the memory/, { modules });
});

test("no bytes whatever make a loader do anything but load or refuse", () => {
  const good = [multibootElf(32), multibootElf(64)];
  const edits = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.constantFrom(...good), edits, fc.nat(400), (image, changes, cut) => {
      const bytes = image.slice(0, image.length - (cut > 300 ? cut - 300 : 0));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        const loaded = load(bytes);
        for (const chunk of loaded.chunks) {
          assert.ok(chunk.start >= 0 && chunk.start + chunk.size <= MEMORY && chunk.bytes.length <= chunk.size);
        }
      } catch (error) {
        assert.ok(error instanceof UserError, String(error));
      }
    }),
    { numRuns: 5000, seed: 1 },
  );
});

test("random bytes behind an ELF magic are refused, never a crash", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 200 }), fc.constantFrom(1, 2), (rest, elfClass) => {
      const bytes = concat(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, elfClass, 1, 1), rest);
      assert.throws(() => parseElf(bytes, "x"), UserError);
    }),
    { numRuns: 2000, seed: 2 },
  );
});

test("modules are separated by commas, a doubled comma is one, arguments follow a space", () => {
  assert.deepEqual(parseModuleList("a,b c=1,d,,e x"), [
    { file: "a", commandLine: "a" },
    { file: "b", commandLine: "b c=1" },
    { file: "d,e", commandLine: "d,e x" },
  ]);
  assert.throws(() => parseModuleList("a,"), UserError);
});
