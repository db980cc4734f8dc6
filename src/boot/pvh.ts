// PVH: an ELF file with the note XEN_ELFNOTE_PHYS32_ENTRY is entered at that physical address with EBX
// pointing to an hvm_start_info (Xen: public/arch-x86/hvm/start_info.h, version 1).

import { UserError } from "../errors.js";
import { hex } from "../units.js";
import { Reader, Writer } from "./bytes.js";
import { type Elf, parseElf } from "./elf.js";
import type { BootRequest, Chunk, LoadedImage } from "./image.js";
import { BOOT_INFO, BOOT_INFO_END, checkPlacement, HIGH_MEMORY, memoryMap, pageUp } from "./layout.js";
import { placeModules } from "./modules.js";

const XEN_ELFNOTE_PHYS32_ENTRY = 18;
const START_MAGIC = 0x336ec578;
const START_BYTES = 56;
const MODULE_BYTES = 32;

/** The entry that the note names, or undefined if there is none. */
function phys32Entry(elf: Elf, name: string): number | undefined {
  const note = elf.notes.find((n) => n.name === "Xen" && n.type === XEN_ELFNOTE_PHYS32_ENTRY);
  if (note === undefined) return undefined;
  const descriptor = new Reader(note.descriptor, `the PVH note of ${name}`);
  return descriptor.length >= 8 ? descriptor.u64(0) : descriptor.u32(0);
}

/** Loads `request` by its PVH note; `rsdp` is the physical address of the ACPI root pointer. */
export function loadPvh(request: BootRequest, rsdp: number): LoadedImage {
  const elf = parseElf(request.image, request.name);
  const entry = phys32Entry(elf, request.name);
  if (entry === undefined) throw new UserError(`${request.name} has neither a multiboot header nor a PVH entry note`);
  const segments = elf.segments.map((segment) => ({
    start: segment.physical,
    size: segment.memorySize,
    bytes: request.image.subarray(segment.offset, segment.offset + segment.fileSize),
  }));
  for (const segment of segments) checkPlacement(segment, request.memory, request.name);
  if (!segments.some((s) => entry >= s.start && entry < s.start + s.size)) {
    throw new UserError(`${request.name} is malformed: its PVH entry ${hex(BigInt(entry))} is not in what it loads`);
  }
  const end = Math.max(HIGH_MEMORY, ...segments.map((s) => s.start + s.size));
  return {
    format: "pvh",
    chunks: [...segments, ...startInfo(request, rsdp, pageUp(end))],
    entry,
    eax: 0,
    ebx: BOOT_INFO,
  };
}

/** start_info and the memory map at BOOT_INFO; module list and texts at `start`; then the modules. */
function startInfo(request: BootRequest, rsdp: number, start: number): Chunk[] {
  const texts = new Writer();
  const textsAt = start + request.modules.length * MODULE_BYTES;
  const addText = (text: string): number => {
    const at = textsAt + texts.length;
    texts.cString(text);
    return at;
  };
  const commandLine = addText(request.commandLine);
  const moduleTexts = request.modules.map((module) => addText(module.commandLine));
  const modules = placeModules(request.modules, textsAt + texts.length, request.memory);

  const list = new Writer();
  modules.forEach((m, i) => list.u64(m.start, m.size, moduleTexts[i]!, 0));
  const behind = list.bytes(texts.finish()).finish();
  const behindChunk = { start, size: behind.length, bytes: behind };
  checkPlacement(behindChunk, request.memory, `the command line of ${request.name}`);

  const map = memoryMap(request.memory);
  const info = new Writer()
    .u32(START_MAGIC, 1, 0, modules.length)
    .u64(modules.length > 0 ? start : 0, commandLine, rsdp, BOOT_INFO + START_BYTES)
    .u32(map.length, 0);
  for (const entry of map) info.u64(entry.start, entry.size).u32(entry.type, 0);
  return [{ start: BOOT_INFO, size: BOOT_INFO_END - BOOT_INFO, bytes: info.finish() }, behindChunk, ...modules];
}
