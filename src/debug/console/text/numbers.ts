// Numbers, addresses and places as the console writes them, everywhere alike.

import { hex } from "../../../units.js";
import type { SymbolTable } from "../../symbols/index.js";
import { nameOf } from "../../look/index.js";
import type { Style } from "./style.js";

export { hex };

/** A place in the run. */
export const stepName = (step: number | bigint): string => `#${step}`;

/** `name+18`. */
export const symbolText = nameOf;

/** `<name+18>`, or nothing where there is no symbol. */
export function symbolOf(symbols: SymbolTable | undefined, address: bigint): string | undefined {
  const symbol = symbols?.at(address);
  return symbol && symbolText(symbol);
}

/** An address with its symbol: `0xffffffff80101234 <handle_vector+0x14>`. */
export function addressText(address: bigint, symbols: SymbolTable | undefined, style: Style): string {
  const symbol = symbolOf(symbols, address);
  const number = style.address(hex(address));
  return symbol === undefined ? number : `${number} <${style.symbol(symbol)}>`;
}

/** The symbol if there is one, else the address: for narrow columns. */
export const placeText = (address: bigint, symbols: SymbolTable | undefined): string =>
  symbolOf(symbols, address) ?? hex(address);

export const plural = (count: number, noun: string, many = `${noun}s`): string =>
  `${count.toLocaleString("en-US")} ${count === 1 ? noun : many}`;

/** What is to be said where an input was put into the past: that from here on the run is another one. */
export const futureText = (dropped: number): string =>
  dropped === 0 ? "" : `the run is another one from here on: ${plural(dropped, "step")} of known future dropped`;
