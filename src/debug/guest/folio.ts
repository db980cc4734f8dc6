// A frame's descriptor, and who translates to the frame: page tables and TLBs.

import { UserError } from "../../errors.js";
import { tlbView, type TlbView, type TypedValue, walk } from "../look/index.js";
import { sizeOfType } from "../symbols/index.js";
import { type Kernel, pointer } from "./kernel.js";
import { physicalOf } from "./mm.js";
import { threads } from "./threads.js";
import type { Folio, FolioMapping } from "./types.js";

const PAGE_SHIFT = 12n;
const FRAME = 0x000f_ffff_ffff_f000n;

export const pfnOf = (physical: bigint): number => Number(physical >> PAGE_SHIFT);

/** The descriptor of frame `pfn`. */
export function folioValue(kernel: Kernel, pfn: number): TypedValue {
  const count = kernel.variable("max_pfn").number();
  if (!Number.isInteger(pfn) || pfn < 0 || pfn >= count) {
    throw new UserError(`there is no frame ${pfn}: the kernel has descriptors of frames 0 to ${count - 1}`);
  }
  return kernel.variable("mem_map").at(pfn);
}

/** Number of the frame that the descriptor at `address` is of. */
export function pfnOfFolio(kernel: Kernel, address: bigint): number {
  const map = kernel.variable("mem_map");
  return Number((address - map.big()) / BigInt(sizeOfType(kernel.type("struct folio"))));
}

/** Linear address of an anonymous folio; undefined for others. */
export function addressOfFolio(kernel: Kernel, folio: TypedValue): bigint | undefined {
  const anonymous = (folio.member("flags").big() >> BigInt(kernel.constant("PG_anon"))) & 1n;
  return anonymous ? folio.member("index").big() << PAGE_SHIFT : undefined;
}

/** Address spaces of living threads that folios of `anonmm` may be mapped in. */
export function addressSpacesOf(kernel: Kernel, anonmm: bigint): bigint[] {
  const all = new Set(threads(kernel).flatMap((thread) => (thread.mm === undefined ? [] : [thread.mm])));
  return [...all].filter((mm) => pointer(kernel.value(mm, "struct mm_struct").member("anonmm")) === anonmm);
}

/** What address space `mm` has at `address`; undefined where page tables are missing. */
export function mappingAt(kernel: Kernel, mm: bigint, address: bigint, pfn: number): FolioMapping | undefined {
  const root = physicalOf(kernel, kernel.value(mm, "struct mm_struct").member("pgd").big());
  const word = walk(kernel.machine, 0, address, root).levels.find((level) => level.level === "PTE");
  if (!word) return undefined;
  // To the kernel a word with PROT_NONE is present, though not to the processor: pte_present().
  const noAccess = !word.present && ((word.value >> BigInt(kernel.constant("_PAGE_BIT_PROTNONE"))) & 1n) !== 0n;
  const migrating = !word.present && !noAccess && word.value >> BigInt(kernel.constant("MIGRATION_TYPE_SHIFT")) !== 0n;
  const frame = word.present || noAccess || migrating ? pfnOf(word.value & FRAME) : undefined;
  const relation = frame !== pfn ? "elsewhere" : word.present ? "mapped" : noAccess ? "no-access" : "migrating";
  return { mm, address, word, relation, ...(frame === undefined ? {} : { pfn: frame }) };
}

/** Every TLB entry of the machine that is of a page, or only those of which a word has changed. */
export function allEntries(kernel: Kernel, stale = false): TlbView[] {
  const cpus = Array.from({ length: kernel.machine.options.cpus }, (_, cpu) => cpu);
  const { symbols } = kernel;
  return cpus.flatMap((cpu) => tlbView(kernel.machine, cpu, { structures: ["l1d", "l1i", "l2", "l2i"], stale, symbols }));
}

export function folio(kernel: Kernel, pfn: number): Folio {
  const descriptor = folioValue(kernel, pfn);
  const address = addressOfFolio(kernel, descriptor);
  const physical = BigInt(pfn) << PAGE_SHIFT;
  const spaces = address === undefined ? [] : addressSpacesOf(kernel, descriptor.member("anonmm").big());
  return {
    pfn, physical, folio: descriptor.address,
    flags: kernel.flagsByBit(descriptor.member("flags").big(), "enum pageflags", "PG_"),
    references: descriptor.member("_refcount").number(), mapCount: descriptor.member("_mapcount").number(),
    node: descriptor.member("nid").number(), order: descriptor.member("order").number(),
    ...(address === undefined ? {} : { address }),
    mappings: spaces.flatMap((mm) => mappingAt(kernel, mm, address!, pfn) ?? []),
    held: allEntries(kernel).filter((entry) => physical >= entry.physical && physical < entry.physical + entry.covers),
  };
}
