// Where a server listens, as `--gdb` says it.

import { UserError } from "../../errors.js";
import { parseWhole } from "../../units.js";

export type GdbAddress = { readonly kind: "stdio" } | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** Whoever reaches the port controls the machine and reads the memory of the guest. */
const LOOPBACK = "127.0.0.1";

/** PORT, HOST:PORT, [IPV6]:PORT or `stdio`. Without a host it is loopback. */
export function parseGdbAddress(text: string): GdbAddress {
  if (text === "stdio") return { kind: "stdio" };
  const match = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?([^:]+)$/.exec(text);
  if (!match) throw new UserError(`"${text}" is not where gdb could connect: write PORT, HOST:PORT or stdio`);
  const [, bracketed, name, port] = match;
  return { kind: "tcp", host: bracketed || name || LOOPBACK, port: parseWhole(port!, "the port for gdb", 0, 65535) };
}

/** As gdb's `target remote` takes it. */
export const formatAddress = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;
