// The remote serial protocol's meaning: a packet in, its reply out. One stub for each client; it keeps what
// the client has selected and inserted. server.ts brings it packets, one at a time.

import { MEMORY_PACKETS } from "./memory-packets.js";
import { insertedPoints, POINT_PACKETS } from "./point-packets.js";
import { QUERY_PACKETS } from "./query-packets.js";
import { encodeRegister, encodeRegisters, REGISTERS, writeRegister, writeRegisters } from "./registers.js";
import { type Handler, INVALID, NO_SUCH_THREAD, OK, type Reply, type StubState, UNSUPPORTED } from "./replies.js";
import { parseThread, parseVCont, resumeAddress } from "./resume-packets.js";
import { stopReply } from "./stop-reply.js";
import { parseHexNumber } from "./bytes.js";
import type { Direction, Resume, Target } from "./target.js";

const select: Handler = (state, rest) => {
  const thread = parseThread(rest.slice(1), state.target.cpus);
  if (rest[0] !== "g" && rest[0] !== "c") return INVALID;
  if (thread === undefined) return NO_SUCH_THREAD;
  if (rest[0] === "c") state.resumed = thread;
  else if (thread.kind === "cpu") state.selected = thread.cpu;
  return OK;
};

const isAlive: Handler = (state, rest) =>
  parseThread(rest, state.target.cpus)?.kind === "cpu" ? OK : NO_SUCH_THREAD;

const registerNumber = (text: string): number | undefined => {
  const number = parseHexNumber(text);
  return number !== undefined && number < BigInt(REGISTERS.length) ? Number(number) : undefined;
};

const readOne: Handler = (state, rest) => {
  const number = registerNumber(rest);
  return number === undefined ? INVALID : encodeRegister(state.target, state.selected, number);
};

const writeOne: Handler = (state, rest) => {
  const equals = rest.indexOf("=");
  const number = registerNumber(rest.slice(0, Math.max(equals, 0)));
  if (number === undefined) return INVALID;
  return writeRegister(state.target, state.selected, number, rest.slice(equals + 1)) ? OK : INVALID;
};

const currentReply = (state: StubState): Reply => ({
  contents: stopReply(state.target, state.stopped, state.client),
  ...(state.stopped.reason.kind === "exit" ? { after: "exit" as const } : {}),
});

/** Goes on, and answers when the machine has stopped. The CPU that stopped is then the selected one, as gdb takes it to be. */
async function resume(state: StubState, how: Resume): Promise<Reply> {
  state.stopped = await state.target.resume(how, state.output);
  state.selected = state.stopped.cpu;
  if (state.stopped.text !== undefined) state.output(`${state.stopped.text}\n`);
  return currentReply(state);
}

const resumedCpu = (state: StubState): number => (state.resumed.kind === "cpu" ? state.resumed.cpu : state.selected);

/** `c`, `s` and their relatives: Hc says who. A step lets the others run too, as vCont from gdb would have it. */
const resumeOld = (letter: string, verb: "c" | "s"): Handler => (state, rest) => {
  const address = resumeAddress(letter, rest);
  if (address === undefined) return INVALID;
  const cpu = resumedCpu(state);
  if (address !== null && !state.target.setRegister(cpu, "rip", address)) return INVALID;
  if (verb === "s") return resume(state, { kind: "step", direction: 1, cpu, held: false });
  return resume(state, { kind: "continue", direction: 1 });
};

const backwards: Direction = -1;

const vPackets: Handler = (state, rest) => {
  if (rest === "Cont?") return "vCont;c;C;s;S;r";
  if (rest.startsWith("Cont")) {
    const how = parseVCont(rest.slice(4), state.target.cpus, state.selected);
    return how === undefined ? INVALID : resume(state, how);
  }
  if (/^Kill(;|$)/.test(rest)) return { contents: OK, after: "kill" };
  return UNSUPPORTED;
};

const ONE_LETTER: Readonly<Record<string, Handler>> = {
  "?": currentReply,
  H: select,
  T: isAlive,
  g: (state) => encodeRegisters(state.target, state.selected),
  G: (state, rest) => (writeRegisters(state.target, state.selected, rest) ? OK : INVALID),
  p: readOne,
  P: writeOne,
  c: resumeOld("c", "c"),
  C: resumeOld("C", "c"),
  s: resumeOld("s", "s"),
  S: resumeOld("S", "s"),
  v: vPackets,
  D: (_, rest) => (rest === "" ? { contents: OK, after: "detach" } : INVALID),
  k: (_, rest) => (rest === "" ? { after: "kill" } : INVALID),
  ...MEMORY_PACKETS,
  ...POINT_PACKETS,
};

const TWO_LETTERS: Readonly<Record<string, Handler>> = {
  bs: (state) => resume(state, { kind: "step", direction: backwards, cpu: resumedCpu(state), held: false }),
  bc: (state) => resume(state, { kind: "continue", direction: backwards }),
};

/** The handler of a packet, and what of the packet is for it. */
function find(contents: string): { handler: Handler; rest: string } | undefined {
  const query = /^[qQ][A-Za-z]+/.exec(contents)?.[0];
  const name = query ?? contents;
  const tables = [[QUERY_PACKETS, name.length], [TWO_LETTERS, contents.length], [ONE_LETTER, 1]] as const;
  for (const [table, length] of tables) {
    const key = contents.slice(0, length);
    if (Object.hasOwn(table, key)) return { handler: table[key]!, rest: contents.slice(length) };
  }
  return undefined;
}

export class Stub {
  readonly #state: StubState;

  constructor(target: Target, output: (text: string) => void) {
    this.#state = {
      target,
      output,
      selected: target.firstCpu,
      resumed: { kind: "any" },
      points: [],
      written: new Map(),
      client: { swbreak: false, hwbreak: false },
      stopped: { cpu: target.firstCpu, reason: { kind: "trap" } },
    };
  }

  /** Carries a packet out. Whatever it holds, it is answered; nothing is thrown for it. */
  async handle(contents: string): Promise<Reply> {
    const found = find(contents);
    const reply = found ? await found.handler(this.#state, found.rest) : UNSUPPORTED;
    return typeof reply === "string" ? { contents: reply } : reply;
  }

  /** The client is gone: so are its points. */
  release(): void {
    this.#state.points = [];
    this.#state.written.clear();
    this.#state.target.setPoints(insertedPoints(this.#state));
  }
}
