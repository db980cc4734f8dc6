// q and Q: what the stub can do, threads, target description, the console's commands.

import { fromHex, hexOfText } from "./bytes.js";
import { TARGET_XML, threadsXml } from "./description.js";
import { PACKET_SIZE } from "./framing.js";
import { type Handler, INVALID, NO_SUCH_THREAD, OK, type StubState } from "./replies.js";
import { parseThread, threadId } from "./resume-packets.js";

const FEATURES = [
  `PacketSize=${PACKET_SIZE.toString(16)}`, "QStartNoAckMode+", "qXfer:features:read+", "qXfer:threads:read+", "vContSupported+",
  "ReverseStep+", "ReverseContinue+", "swbreak+", "hwbreak+", "binary-upload+", "multiprocess-",
].join(";");

const supported: Handler = (state, rest) => {
  const offered = rest.replace(/^:/, "").split(";");
  state.client = { swbreak: offered.includes("swbreak+"), hwbreak: offered.includes("hwbreak+") };
  return FEATURES;
};

/** What `qXfer:OBJECT:read:ANNEX:...` reads. */
const OBJECTS: Readonly<Record<string, (state: StubState, annex: string) => string | undefined>> = {
  features: (_, annex) => (annex === "target.xml" ? TARGET_XML : undefined),
  threads: (state, annex) => (annex === "" ? threadsXml(state.target) : undefined),
};

const transfer: Handler = (state, rest) => {
  const match = /^:([^:]*):([^:]*):([^:]*):([0-9a-f]{1,8}),([0-9a-f]{1,8})$/i.exec(rest);
  if (!match) return INVALID;
  const [, object, verb, annex, offset, length] = match;
  if (verb !== "read" || !Object.hasOwn(OBJECTS, object!)) return "";
  const text = OBJECTS[object!]!(state, annex!);
  if (text === undefined) return "E00";
  const from = Number.parseInt(offset!, 16);
  const end = from + Math.min(Number.parseInt(length!, 16), PACKET_SIZE / 2);
  return `${end < text.length ? "m" : "l"}${text.slice(from, end)}`;
};

const threadIds = (state: StubState): string =>
  Array.from({ length: state.target.cpus }, (_, cpu) => threadId(cpu)).join(",");

const extraInfo: Handler = (state, rest) => {
  const thread = parseThread(rest.replace(/^,/, ""), state.target.cpus);
  return thread?.kind === "cpu" ? hexOfText(state.target.describe(thread.cpu)) : NO_SUCH_THREAD;
};

const monitor: Handler = async (state, rest) => {
  const bytes = fromHex(rest.replace(/^,/, ""));
  if (bytes === undefined) return INVALID;
  const text = await state.target.monitor(new TextDecoder().decode(bytes), state.selected);
  if (text !== "") state.output(text.endsWith("\n") ? text : `${text}\n`);
  return OK;
};

/** By the letters that the packet begins with, up to the first `:` or `,`. */
export const QUERY_PACKETS: Readonly<Record<string, Handler>> = {
  qSupported: supported,
  qXfer: transfer,
  qfThreadInfo: (state) => `m${threadIds(state)}`,
  qsThreadInfo: () => "l",
  qThreadExtraInfo: extraInfo,
  qC: (state) => `QC${threadId(state.selected)}`,
  // The machine was there before the client: when gdb quits it lets go and does not kill.
  qAttached: () => "1",
  qSymbol: () => OK,
  qRcmd: monitor,
  QStartNoAckMode: () => ({ contents: OK, after: "stop acknowledging" }),
};
