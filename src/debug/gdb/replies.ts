// What packets are answered with, and the state that they share. For stub.ts and the files of packets beside it.

import type { ClientFeatures } from "./stop-reply.js";
import type { Stopped, Target, TargetPoint } from "./target.js";
import type { Thread } from "./resume-packets.js";

export const OK = "OK";
/** The packet is not known here. */
export const UNSUPPORTED = "";
/** Error numbers are those of errno(3), in decimal as other stubs send them. */
export const NO_SUCH_THREAD = "E03";
export const TOO_LONG = "E07";
/** gdb takes it as the end of what can be read. */
export const NOT_THERE = "E14";
export const INVALID = "E22";

/** What the server does once the reply is on its way. */
export type After = "detach" | "kill" | "exit" | "stop acknowledging";

export interface Reply {
  /** Undefined: the packet has no reply. */
  readonly contents?: string;
  readonly after?: After;
}

/** One client's view of the machine. */
export interface StubState {
  readonly target: Target;
  /** Text for the client's console; only while a resume or a monitor command is under way. */
  readonly output: (text: string) => void;
  /** The CPU that registers and memory are of (Hg). */
  selected: number;
  /** Who is resumed by c, s, bc and bs (Hc). */
  resumed: Thread;
  points: TargetPoint[];
  /** Where the client's own int3 instructions are: it wrote them instead of using Z. */
  readonly written: Map<bigint, TargetPoint>;
  client: ClientFeatures;
  /** Why the machine stands still. */
  stopped: Stopped;
}

/** Answers a packet whose first letters chose it; `rest` is what follows them. */
export type Handler = (state: StubState, rest: string) => string | Reply | Promise<string | Reply>;
