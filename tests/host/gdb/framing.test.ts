// The line under the remote serial protocol: packets, checksums, acknowledgements.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodePacket, PACKET_SIZE, PacketReader, type Received } from "../../../src/debug/gdb/framing.ts";
import { Link } from "../../../src/debug/gdb/link.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const read = (text: string): Received[] => new PacketReader().push(bytes(text));
const packet = (contents: string): Received => ({ kind: "packet", contents });

/** `raw` with its checksum, nothing escaped. */
function frame(raw: string): string {
  const sum = [...bytes(raw)].reduce((a, b) => (a + b) & 0xff, 0);
  return `$${raw}#${sum.toString(16).padStart(2, "0")}`;
}

test("packets, acknowledgements and Ctrl-C are told apart, and anything else between packets is passed over", () => {
  assert.deepEqual(read("+$g#67zz\r\n-\x03$qC#B4"), [
    { kind: "ack" }, packet("g"), { kind: "nack" }, { kind: "interrupt" }, packet("qC"),
  ]);
});

test("a packet comes out the same however its bytes arrive", () => {
  const text = `${frame("m1000,4")}+${frame("vCont;s:1")}`;
  fc.assert(fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
    const reader = new PacketReader();
    const places = [0, ...cuts.sort((a, b) => a - b), text.length];
    const received = places.slice(1).flatMap((end, i) => reader.push(bytes(text.slice(places[i], end))));
    assert.deepEqual(received, read(text));
  }));
});

test("a wrong checksum, or one that is no number, damages a packet", () => {
  assert.deepEqual(read("$g#68"), [{ kind: "damaged" }]);
  assert.deepEqual(read("$g#6x$g#x7$g#67"), [{ kind: "damaged" }, { kind: "damaged" }, packet("g")]);
  assert.deepEqual(read("$g#$g#6$g#67"), [{ kind: "damaged" }, { kind: "damaged" }, packet("g")]);
});

test("a packet that breaks off is dropped when the next one begins", () => {
  assert.deepEqual(read("$m10$g#67"), [packet("g")]);
});

test("what is encoded is read back, whatever bytes it holds", () => {
  const contents = fc.array(fc.nat({ max: 255 })).map((codes) => String.fromCharCode(...codes));
  fc.assert(fc.property(contents, (text) => {
    assert.deepEqual(new PacketReader().push(encodePacket(text)), [packet(text)]);
  }));
});

test("runs are expanded; in the binary data of X a * stands for itself", () => {
  assert.deepEqual(read(frame("p0* 1")), [packet("p00001")]);
  assert.deepEqual(read(frame("a*~")), [packet("a".repeat(98))]);
  assert.deepEqual(read(frame("X0,2:* ")), [packet("X0,2:* ")]);
  assert.deepEqual(read(frame("*a")), [packet("*a")]);
});

test("a packet longer than was offered is told from the others, also when its runs make it so", () => {
  assert.deepEqual(read(frame("m".repeat(PACKET_SIZE + 1))), [{ kind: "overlong" }]);
  assert.deepEqual(read(frame(`m${"*~".repeat(1000)}`)), [{ kind: "overlong" }]);
  assert.deepEqual(read(frame("m".repeat(PACKET_SIZE))), [packet("m".repeat(PACKET_SIZE))]);
});

function link(): { link: Link; sent: string[]; packets: string[] } {
  const sent: string[] = [];
  const packets: string[] = [];
  const made = new Link((raw) => sent.push(Buffer.from(raw).toString("latin1")), {
    packet: (contents) => packets.push(contents),
    overlong: () => packets.push("overlong"),
    interrupt: () => packets.push("interrupt"),
  });
  return { link: made, sent, packets };
}

test("a packet is acknowledged, a damaged one is asked for again", () => {
  const { link: line, sent, packets } = link();
  line.receive(bytes("$g#00$g#67"));
  assert.deepEqual([sent, packets], [["-", "+"], ["g"]]);
});

test("a packet is sent again until it is acknowledged, and the next one waits for that", () => {
  const { link: line, sent } = link();
  line.send("O41");
  line.send("OK");
  line.receive(bytes("--+"));
  line.receive(bytes("-++-"));
  assert.deepEqual(sent, ["$O41#b4", "$O41#b4", "$O41#b4", "$OK#9a", "$OK#9a"]);
});

test("a new packet from the client acknowledges all that it was sent", () => {
  const { link: line, sent } = link();
  line.send("O41");
  line.send("OK");
  line.receive(bytes("$g#67-"));
  assert.deepEqual(sent, ["$O41#b4", "$OK#9a", "+"]);
});

test("without acknowledgements nothing is held back, and neither + nor - is sent", () => {
  const { link: line, sent, packets } = link();
  line.send("O41");
  line.send("OK");
  line.stopAcknowledging();
  line.send("O42");
  line.receive(bytes("$g#67$g#00"));
  assert.deepEqual([sent, packets], [["$O41#b4", "$OK#9a", "$O42#b5"], ["g"]]);
});
