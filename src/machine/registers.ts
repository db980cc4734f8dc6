// Names of a CPU's registers. Like the counters they are declared once, in the core
// (assembly/probe/registers.ts): a name is the core's constant in lower case.

import * as declared from "../../assembly/probe/registers.js";

type Name<Constant> = Constant extends `REGISTER_${infer Rest}` ? Lowercase<Rest> : never;
export type RegisterName = Name<keyof typeof declared>;

const numbers = new Map(
  Object.entries(declared)
    .filter(([constant]) => constant.startsWith("REGISTER_"))
    .sort((a, b) => a[1] - b[1])
    .map(([constant, number]) => [constant.slice("REGISTER_".length).toLowerCase() as RegisterName, number] as const),
);

/** All names, in the core's order. */
export const REGISTER_NAMES: readonly RegisterName[] = [...numbers.keys()];

export function registerNumber(name: RegisterName): number {
  const number = numbers.get(name);
  if (number === undefined) throw new RangeError(`there is no register "${name}"`);
  return number;
}
