// Where things are in the guest's `scenario` program, by the names and types of its debug information, and in the memory of
// the process that runs it. guest/user/scenario.h says what they mean.

import { UserError } from "../../errors.js";
import type { SymbolTable, TypeNode } from "../../debug/symbols/index.js";
import { findMember, sizeOfType, stripType } from "../../debug/symbols/index.js";

/** Addresses and offsets that an exploration needs. */
export interface ScenarioLayout {
  readonly wait: bigint;
  readonly start: bigint;
  readonly end: bigint;
  /** Functions of the kernel: it gives up; it gives up because of itself; it prints a line. */
  readonly panic: bigint;
  readonly die: bigint;
  readonly print: bigint;
  /** Of column `column`: its register n, its word `done`, the number of its operation under way, status of operation `op`. */
  register(column: number, n: number): bigint;
  done(column: number): bigint;
  op(column: number): bigint;
  status(column: number, op: number): bigint;
  /** Entry `n` of the table of pages, or of variables: where its name and its address are. */
  location(table: "scenario_pages" | "scenario_vars", n: number): bigint;
  readonly nameBytes: number;
  readonly addressOffset: bigint;
}

function need<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new UserError(`the guest has no ${what}: kernel scenarios need our kernel and its program \`scenario\``);
  return found;
}

function elementOf(type: TypeNode, name: string): TypeNode {
  const array = stripType(type);
  if (array.kind !== "array") throw new UserError(`${name} in the guest's program \`scenario\` is not an array`);
  return array.element;
}

export function scenarioLayout(symbols: SymbolTable): ScenarioLayout {
  const address = (name: string) => need(symbols.resolve(name), name).address;
  const columns = need(symbols.variable("scenario_columns"), "scenario_columns");
  const columnType = elementOf(columns.type, columns.name);
  const columnBytes = BigInt(sizeOfType(columnType));
  const inColumn = (name: string) => BigInt(need(findMember(columnType, name), `scenario_columns[].${name}`).offset);
  const [registers, done, op, status] = ["registers", "done", "op", "status"].map(inColumn) as [bigint, bigint, bigint, bigint];
  const pages = need(symbols.variable("scenario_pages"), "scenario_pages");
  const locationType = elementOf(pages.type, pages.name);
  const locationBytes = BigInt(sizeOfType(locationType));
  const nameMember = need(findMember(locationType, "name"), "scenario_pages[].name");
  const column = (n: number) => columns.address + BigInt(n) * columnBytes;
  return {
    wait: address("scenario_wait"), start: address("scenario_start"), end: address("scenario_end"), panic: address("panic"), die: address("die"), print: address("printk"),
    register: (c, n) => column(c) + registers + BigInt(n * 8),
    done: (c) => column(c) + done,
    op: (c) => column(c) + op,
    status: (c, n) => column(c) + status + BigInt(n * 8),
    location: (table, n) => address(table) + BigInt(n) * locationBytes,
    nameBytes: sizeOfType(nameMember.type),
    addressOffset: BigInt(need(findMember(locationType, "address"), "scenario_pages[].address").offset),
  };
}
