// Multiboot 1 (specification version 0.6.96): ELF32, ELF64, or any file whose header has the address
// fields. The information is laid out as QEMU's -kernel does it: the structure at BOOT_INFO, module
// list and texts behind the kernel, modules behind those.

import { UserError } from "../errors.js";
import { hex } from "../units.js";
import { Reader, Writer } from "./bytes.js";
import { parseElf } from "./elf.js";
import type { BootRequest, Chunk, LoadedImage } from "./image.js";
import { BOOT_INFO, BOOT_INFO_END, checkPlacement, EBDA, HIGH_MEMORY, memoryMap, pageUp } from "./layout.js";
import { placeModules } from "./modules.js";

const HEADER_MAGIC = 0x1badb002;
const BOOTLOADER_MAGIC = 0x2badb002;
const SEARCH_BYTES = 8192;
const LOADER_NAME = "shootdown";

/** Header flags. Bits 0..15 are demands: what a loader does not know it must refuse (3.1.2). */
const WANTS_VIDEO = 1 << 2;
const KNOWN_DEMANDS = 0x3;
const HAS_ADDRESSES = 1 << 16;

/** Information flags (3.3). */
const INFO_MEMORY = 1 << 0;
const INFO_BOOT_DEVICE = 1 << 1;
const INFO_COMMAND_LINE = 1 << 2;
const INFO_MODULES = 1 << 3;
const INFO_MAP = 1 << 6;
const INFO_LOADER_NAME = 1 << 9;
const INFO_BYTES = 116;
const MODULE_BYTES = 16;

/** Offset of the multiboot header in `image`, or -1. */
export function findMultibootHeader(image: Uint8Array): number {
  const file = new Reader(image, "the image");
  const end = Math.min(image.length, SEARCH_BYTES) - 12;
  for (let at = 0; at <= end; at += 4) {
    if (file.u32(at) === HEADER_MAGIC && ((HEADER_MAGIC + file.u32(at + 4) + file.u32(at + 8)) >>> 0) === 0) return at;
  }
  return -1;
}

export function loadMultiboot(request: BootRequest, header: number): LoadedImage {
  const file = new Reader(request.image, request.name);
  const flags = file.u32(header + 4);
  if (flags & WANTS_VIDEO) throw new UserError(`${request.name} asks the loader for a video mode, which this machine does not have`);
  if (flags & 0xffff & ~KNOWN_DEMANDS) {
    throw new UserError(`${request.name} asks for multiboot features that are not known: flags ${hex(flags)}`);
  }
  const kernel = flags & HAS_ADDRESSES ? loadByAddresses(file, header, request) : loadElf(request);
  for (const chunk of kernel.chunks) checkPlacement(chunk, request.memory, request.name);
  const kernelEnd = Math.max(HIGH_MEMORY, ...kernel.chunks.map((chunk) => chunk.start + chunk.size));
  return {
    format: "multiboot",
    chunks: [...kernel.chunks, ...information(request, pageUp(kernelEnd))],
    entry: kernel.entry,
    eax: BOOTLOADER_MAGIC,
    ebx: BOOT_INFO,
  };
}

interface Kernel {
  readonly chunks: Chunk[];
  readonly entry: number;
}

function loadElf(request: BootRequest): Kernel {
  const elf = parseElf(request.image, request.name);
  const chunks = elf.segments.map((segment) => ({
    start: segment.physical,
    size: segment.memorySize,
    bytes: request.image.subarray(segment.offset, segment.offset + segment.fileSize),
  }));
  return { chunks, entry: checkEntry(elf.entry, chunks, request.name) };
}

/** The address fields (3.1.3): the file is one run of bytes around the header. */
function loadByAddresses(file: Reader, header: number, request: BootRequest): Kernel {
  const [headerAddress, loadAddress, loadEnd, bssEnd, entry] = [12, 16, 20, 24, 28].map((at) =>
    file.u32(header + at),
  ) as [number, number, number, number, number];
  const malformed = (what: string) => new UserError(`${request.name} has a malformed multiboot header: ${what}`);
  const offset = header - (headerAddress - loadAddress);
  if (headerAddress < loadAddress || offset < 0) throw malformed("it is not where its address says");
  if (loadEnd !== 0 && loadEnd < loadAddress) throw malformed("the load end is below the load address");
  const fileSize = loadEnd === 0 ? file.length - offset : loadEnd - loadAddress;
  const end = bssEnd === 0 ? loadAddress + fileSize : bssEnd;
  if (end < loadAddress + fileSize) throw malformed("the end of bss is below the end of data");
  const chunk = { start: loadAddress, size: end - loadAddress, bytes: file.slice(offset, fileSize) };
  return { chunks: [chunk], entry: checkEntry(entry, [chunk], request.name) };
}

function checkEntry(entry: number, chunks: readonly Chunk[], name: string): number {
  if (!chunks.some((chunk) => entry >= chunk.start && entry < chunk.start + chunk.size)) {
    throw new UserError(`${name} is malformed: its entry ${hex(BigInt(entry))} is not in what it loads`);
  }
  return entry;
}

/** The information structure with its map at BOOT_INFO; module list and texts at `start`; then modules. */
function information(request: BootRequest, start: number): Chunk[] {
  const texts = new Writer();
  const textsAt = start + request.modules.length * MODULE_BYTES;
  const addText = (text: string): number => {
    const at = textsAt + texts.length;
    texts.cString(text);
    return at;
  };
  const commandLine = addText(`${request.name} ${request.commandLine}`.trimEnd());
  const loaderName = addText(LOADER_NAME);
  const moduleTexts = request.modules.map((module) => addText(module.commandLine));
  const modules = placeModules(request.modules, textsAt + texts.length, request.memory);

  const list = new Writer();
  modules.forEach((m, i) => list.u32(m.start, m.start + m.size, moduleTexts[i]!, 0));
  const behind = list.bytes(texts.finish()).finish();
  const behindChunk = { start, size: behind.length, bytes: behind };
  checkPlacement(behindChunk, request.memory, `the command line of ${request.name}`);

  const map = new Writer();
  for (const entry of memoryMap(request.memory)) map.u32(20).u64(entry.start, entry.size).u32(entry.type);
  const info = new Writer()
    .u32(INFO_MEMORY | INFO_BOOT_DEVICE | INFO_COMMAND_LINE | INFO_MODULES | INFO_MAP | INFO_LOADER_NAME)
    .u32(EBDA >> 10, (request.memory - HIGH_MEMORY) >>> 10)
    .u32(0x8000ffff) // first hard disk, whole disk
    .u32(commandLine, modules.length, start)
    .zeros(16) // symbols
    .u32(map.length, BOOT_INFO + INFO_BYTES)
    .zeros(12) // drives, configuration table
    .u32(loaderName);
  info.zeros(INFO_BYTES - info.length).bytes(map.finish());
  const low = { start: BOOT_INFO, size: BOOT_INFO_END - BOOT_INFO, bytes: info.finish() };
  return [low, behindChunk, ...modules];
}
