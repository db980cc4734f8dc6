// Chooses how an image is booted, as QEMU's -kernel does: a multiboot header wins, else the PVH note
// of an ELF file.

import { UserError } from "../errors.js";
import { isElf } from "./elf.js";
import type { BootRequest, LoadedImage } from "./image.js";
import { findMultibootHeader, loadMultiboot } from "./multiboot.js";
import { loadPvh } from "./pvh.js";

/** Offset and text of the magic of a compressed Linux kernel (Documentation/arch/x86/boot.rst). */
const LINUX_MAGIC_AT = 0x202;
const LINUX_MAGIC = "HdrS";

/** Checks `request` and says what goes where. Every fault of the image is a UserError. */
export function prepareImage(request: BootRequest, rsdp: number): LoadedImage {
  const { image, name } = request;
  if (image.length === 0) throw new UserError(`${name} is empty`);
  const header = findMultibootHeader(image);
  if (header >= 0) return loadMultiboot(request, header);
  if (isElf(image)) return loadPvh(request, rsdp);
  const magic = new TextDecoder("latin1").decode(image.subarray(LINUX_MAGIC_AT, LINUX_MAGIC_AT + 4));
  if (magic === LINUX_MAGIC) throw new UserError(`${name} is a compressed Linux kernel: give the vmlinux that it was made from`);
  throw new UserError(`${name} is not a bootable image: it has no multiboot header and is not an ELF file`);
}
