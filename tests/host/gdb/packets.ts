// Packets for tests that send anything: each kind there is, in right form, and what chance makes of them.

import fc from "fast-check";
import { PacketReader } from "../../../src/debug/gdb/framing.ts";

const SAMPLES = [
  "qSupported:swbreak+;hwbreak+", "?", "g", "G00", "p10", "P7=0800000000000000", "mffffffff80100000,40", "m1000,4", "M1000,4:01020304",
  "X1000,3:}\x03#\x00", "x1000,10", "Hg2", "Hc-1", "T3", "qfThreadInfo", "qsThreadInfo", "qThreadExtraInfo,2", "vCont?", "vCont;s:2;c",
  "vCont;s:1", "vCont;r1000,1010:1;c", "bs", "s", "Z0,ffffffff80100000,1", "z0,ffffffff80100000,1", "Z2,1000,8", "z2,1000,8", "Z4,1000,1",
  "qXfer:features:read:target.xml:0,100", "qXfer:threads:read::0,100", "qRcmd,7069", "qAttached", "qSymbol::", "qOffsets", "vMustReplyEmpty",
];

/** Any character that a byte can be, those that packets are made of more often. */
const character = fc.oneof(fc.constantFrom(..."0123456789abcdef,;:=#$}*+-\x03"), fc.nat({ max: 255 }).map((code) => String.fromCharCode(code)));

const edit = fc.record({ at: fc.nat({ max: 60 }), remove: fc.nat({ max: 3 }), insert: fc.array(character, { maxLength: 3 }) });

const mutated = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...texts), fc.array(edit, { maxLength: 3 })).map(([text, edits]) =>
    edits.reduce((was, { at, remove, insert }) => was.slice(0, at) + insert.join("") + was.slice(at + remove), text));

const random = fc.array(character, { maxLength: 40 }).map((characters) => characters.join(""));

/** Contents of packets. None of them is qC by intent: clients of the tests find their place by its answer. */
export const anyContents = fc.oneof(mutated(SAMPLES), random);

function frame(contents: string): string {
  const sum = [...contents].reduce((a, b) => (a + b.charCodeAt(0)) & 0xff, 0);
  return `$${contents}#${sum.toString(16).padStart(2, "0")}`;
}

/** Whether `text` holds a packet that rightly ends the client's session, however it is escaped. */
export function endsSession(text: string): boolean {
  const received = new PacketReader().push(Buffer.from(text, "latin1"));
  return received.some((item) => item.kind === "packet" && /^(D|k|vKill(;.*)?)$/s.test(item.contents));
}

/** What comes over the line: frames around anything, also broken ones. Those that end a client's session are left out. */
export const anyBytes = fc.oneof(anyContents.map(frame), mutated(SAMPLES.map(frame)), random).filter((text) => !endsSession(text));
