// gdb's remote serial protocol, for the commands `boot` and `debug`.

export { formatAddress, type GdbAddress, parseGdbAddress } from "./address.js";
export type { Leaving } from "./client.js";
export { type GdbHost, type GdbServer, serveGdb } from "./server.js";
export { SessionTarget, type SessionTargetOptions } from "./session-target.js";
export type { Target } from "./target.js";
