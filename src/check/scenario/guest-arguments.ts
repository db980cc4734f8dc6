// A kernel scenario as the guest's `scenario` program takes it: words behind `--` on the kernel's command line
// (guest/user/scenario.h has the language). They run it in any PC, by hand too.

import { type KernelOp, registersOf, type Rights, type Target } from "./kernel-op.js";
import type { KernelLocation, KernelScenario } from "./kernel.js";

const RIGHTS: Readonly<Record<Rights, string>> = { none: "none", ro: "r", rw: "rw" };

const target = ({ name, offset }: Target): string => (offset === 0 ? name : `${name}+${offset}`);

function locationArgument(location: KernelLocation): string {
  const { kind, name } = location;
  switch (location.kind) {
    case "page": {
      const node = location.node === undefined ? "" : `,node=${location.node}`;
      const file = location.file === undefined ? "" : `,file=${location.file}`;
      return `page=${name},${location.writable ? "rw" : "ro"}${node},value=${location.value}${file}`;
    }
    case "var":
      return `var=${name},value=${location.value}`;
    case "file":
      return `file=${name},pages=${location.pages}`;
    case "hole":
      return `${kind}=${name}`;
  }
}

function opWords(op: KernelOp): (string | number | bigint)[] {
  switch (op.kind) {
    case "load":
      return [target(op.from), op.register];
    case "store":
      return [target(op.to), op.value];
    case "xchg":
      return [target(op.with), op.value, ...registersOf(op)];
    case "fork":
      return registersOf(op);
    case "migrate":
      return [op.page, op.node];
    case "mprotect":
    case "mmap":
      return [op.page, RIGHTS[op.rights]];
    case "munmap":
    case "madvise":
    case "pin":
      return [op.page];
    case "truncate":
      return [op.file];
    case "mremap":
      return [op.page, op.hole];
    case "write":
      return [op.file, op.offset, op.value];
    case "read":
      return [op.file, op.offset, op.register];
    case "pinwrite":
      return [op.value];
    case "mfence":
    case "exit":
      return [];
  }
}

const columnArgument = (column: readonly KernelOp[], index: number): string =>
  `P${index}=${column.map((op) => [op.kind, ...opWords(op)].join(",")).join(";")}`;

/** The arguments of the guest's `scenario` program, files first: pages refer to them. */
export function guestArguments({ locations, columns }: KernelScenario): string[] {
  const isFile = ({ kind }: KernelLocation) => kind === "file";
  const ordered = [...locations.filter(isFile), ...locations.filter((location) => !isFile(location))];
  return [...ordered.map(locationArgument), ...columns.map(columnArgument)];
}
