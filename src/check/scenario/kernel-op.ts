// Events of kernel scenarios: what a thread does, in the words of the scenario.

import { Scanner, type Source } from "./source.js";
import { expectEnd, expectNumber, expectValue, type Names, type ScenarioRegister, takeTarget } from "./words.js";

export type KernelLocationKind = "page" | "hole" | "var" | "file";

/** A u64 of a page or a hole, or a variable (at offset 0). */
export interface Target {
  readonly name: string;
  /** Bytes from the page's start, a multiple of 8. */
  readonly offset: number;
}

/** Rights of a mapping: not accessible, read, read and write. */
export type Rights = "none" | "ro" | "rw";

export type KernelEvent =
  | { readonly kind: "load"; readonly from: Target; readonly register: ScenarioRegister }
  | { readonly kind: "store"; readonly to: Target; readonly value: bigint }
  /** Without a register what was there before is not kept. */
  | { readonly kind: "xchg"; readonly with: Target; readonly value: bigint; readonly register?: ScenarioRegister }
  | { readonly kind: "mfence" | "exit" }
  /** In the parent the register gets the child's number; the child only exits. */
  | { readonly kind: "fork"; readonly register?: ScenarioRegister }
  | { readonly kind: "migrate"; readonly page: string; readonly node: number }
  | { readonly kind: "mprotect"; readonly page: string; readonly rights: Rights }
  /** Maps anonymous memory at the address of a page or a hole, over what is there. */
  | { readonly kind: "mmap"; readonly page: string; readonly rights: "ro" | "rw" }
  | { readonly kind: "munmap" | "madvise" | "pin"; readonly page: string }
  | { readonly kind: "truncate"; readonly file: string }
  | { readonly kind: "mremap"; readonly page: string; readonly hole: string }
  | { readonly kind: "write"; readonly file: string; readonly offset: number; readonly value: bigint }
  | { readonly kind: "read"; readonly file: string; readonly offset: number; readonly register: ScenarioRegister }
  /** The kernel writes to the page that the column has pinned first, as a device would, and unpins it. */
  | { readonly kind: "pinwrite"; readonly value: bigint };

export type KernelOp = KernelEvent & { readonly source: Source };

/** The events that are not loads and stores, by their first word. */
export const KERNEL_OPERATIONS = [
  "xchg", "mfence", "migrate", "mprotect", "munmap", "mmap", "madvise", "fork", "exit", "write", "read", "truncate", "mremap", "pin", "pinwrite",
] as const;
type Operation = (typeof KERNEL_OPERATIONS)[number];

/** Names that no location may have. */
export const RESERVED: ReadonlySet<string> = new Set(KERNEL_OPERATIONS);

const PAGE_BYTES = 4096n;
const LARGEST_OFFSET = 16n * PAGE_BYTES - 8n;

type LocationNames = Names<KernelLocationKind>;

function expectOffset(scanner: Scanner, most: bigint): number {
  const offset = scanner.offset;
  const value = expectNumber(scanner, "an offset", 0n, most);
  if (value % 8n !== 0n) scanner.source.fail(offset, `expected an offset that is a multiple of 8, found ${value}`);
  return Number(value);
}

/** A page, or the address of one at which something may be mapped by now. */
const expectPage = (scanner: Scanner, names: LocationNames): string => names.expect(scanner, "page", "hole");

function expectTarget(scanner: Scanner, names: LocationNames): Target {
  const name = names.expect(scanner, "page", "hole", "var");
  const at = scanner.offset;
  if (!scanner.take("+")) return { name, offset: 0 };
  if (names.kindOf(name) === "var") scanner.source.fail(at, `${name} is a u64: expected no offset`);
  return { name, offset: expectOffset(scanner, PAGE_BYTES - 8n) };
}

/** What follows `rN =`. */
function parseAssignment(scanner: Scanner, register: ScenarioRegister, names: LocationNames): KernelEvent {
  const operation = scanner.match(/(xchg|read|fork)\b/y);
  switch (operation) {
    case "xchg":
      return { kind: "xchg", with: expectTarget(scanner, names), value: expectValue(scanner), register };
    case "read":
      return { kind: "read", file: names.expect(scanner, "file"), offset: expectOffset(scanner, LARGEST_OFFSET), register };
    case "fork":
      return { kind: "fork", register };
    default:
      return { kind: "load", from: expectTarget(scanner, names), register };
  }
}

const expectRights = <R extends Rights>(scanner: Scanner, ...rights: R[]): R =>
  scanner.expectMatch(new RegExp(`(${rights.join("|")})\\b`, "y"), `the rights ${rights.join(", ")}`) as R;

function parseOperation(operation: Operation, scanner: Scanner, names: LocationNames): KernelEvent {
  switch (operation) {
    case "xchg":
      return { kind: "xchg", with: expectTarget(scanner, names), value: expectValue(scanner) };
    case "migrate":
      return { kind: "migrate", page: expectPage(scanner, names), node: Number(expectNumber(scanner, "a node", 0n, 1n)) };
    case "mprotect":
      return { kind: "mprotect", page: expectPage(scanner, names), rights: expectRights(scanner, "none", "ro", "rw") };
    case "mmap":
      return { kind: "mmap", page: expectPage(scanner, names), rights: expectRights(scanner, "ro", "rw") };
    case "munmap":
    case "madvise":
    case "pin":
      return { kind: operation, page: expectPage(scanner, names) };
    case "truncate":
      return { kind: "truncate", file: names.expect(scanner, "file") };
    case "mremap":
      return { kind: "mremap", page: expectPage(scanner, names), hole: names.expect(scanner, "hole") };
    case "write":
      return {
        kind: "write", file: names.expect(scanner, "file"), offset: expectOffset(scanner, LARGEST_OFFSET), value: expectValue(scanner),
      };
    case "read":
      return scanner.fail("expected a register in front of read: rN = read FILE OFFSET");
    case "pinwrite":
      return { kind: "pinwrite", value: expectValue(scanner) };
    case "mfence":
    case "exit":
    case "fork":
      return { kind: operation };
  }
}

function parseEvent(scanner: Scanner, names: LocationNames): KernelEvent {
  const register = takeTarget(scanner);
  if (register !== undefined) return parseAssignment(scanner, register, names);
  if (scanner.follows(/[A-Za-z_]\w*(\s*\+\s*\w+)?\s*=/y)) {
    const to = expectTarget(scanner, names);
    scanner.expect("=");
    return { kind: "store", to, value: expectValue(scanner) };
  }
  const offset = scanner.offset;
  const word = scanner.expectMatch(/[A-Za-z_]\w*/y, "an event");
  const operation = KERNEL_OPERATIONS.find((name) => name === word);
  if (!operation) scanner.source.fail(offset, `unknown operation "${word}": expected rN = LOCATION, LOCATION = VALUE, ${KERNEL_OPERATIONS.join(", ")}`);
  return parseOperation(operation, scanner, names);
}

/** Parses one event. */
export function parseKernelOp(source: Source, names: LocationNames): KernelOp {
  const scanner = new Scanner(source);
  const event = parseEvent(scanner, names);
  expectEnd(scanner);
  return { ...event, source };
}

/** The page or variable that `op` accesses in user mode. */
export function placeOf(op: KernelEvent): string | undefined {
  return op.kind === "load" ? op.from.name : op.kind === "store" ? op.to.name : op.kind === "xchg" ? op.with.name : undefined;
}

/** The registers that `op` names: it writes them. */
export const registersOf = (op: KernelEvent): ScenarioRegister[] => ("register" in op && op.register !== undefined ? [op.register] : []);
