// COM1 as a 16550 driver sees it.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Uart } from "../../src/devices/index.ts";
import { DeviceBench } from "./device-bench.ts";

const [DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => 0x3f8 + n) as [
  number, number, number, number, number, number, number, number,
];

function make(): { uart: Uart; bench: DeviceBench; sent: number[] } {
  const uart = new Uart();
  const bench = new DeviceBench(uart);
  const sent: number[] = [];
  uart.onTransmit((byte) => sent.push(byte));
  return { uart, bench, sent };
}

test("bytes written to the holding register are transmitted, and there is always room", () => {
  const { bench, sent } = make();
  for (const byte of [0x68, 0x69]) {
    assert.equal(bench.in(LSR) & 0x60, 0x60);
    bench.out(DATA, byte);
  }
  assert.deepEqual(sent, [0x68, 0x69]);
});

test("with the divisor latch open, data and IER are the divisor", () => {
  const { bench, sent } = make();
  bench.out(LCR, 0x83);
  bench.out(DATA, 0x0c);
  bench.out(IER, 0x01);
  assert.deepEqual([bench.in(DATA), bench.in(IER)], [0x0c, 0x01]);
  bench.out(LCR, 0x03);
  assert.equal(bench.in(IER), 0);
  assert.deepEqual(sent, []);
});

test("received bytes raise IRQ 4 while enabled, and lower it when all are read", () => {
  const { uart, bench } = make();
  bench.out(IER, 1);
  assert.equal(bench.lines.get(4), false);
  uart.receive(Uint8Array.of(0x61, 0x62));
  assert.equal(bench.lines.get(4), true);
  assert.equal(bench.in(IIR) & 0x0f, 0x04);
  assert.deepEqual([bench.in(DATA), bench.in(DATA)], [0x61, 0x62]);
  assert.equal(bench.lines.get(4), false);
  assert.equal(bench.in(LSR) & 1, 0);
});

test("the empty-transmitter interrupt comes when enabled and after each byte, and goes when it is read", () => {
  const { bench } = make();
  bench.out(IER, 2);
  assert.equal(bench.lines.get(4), true);
  assert.equal(bench.in(IIR) & 0x0f, 0x02);
  assert.equal(bench.lines.get(4), false);
  assert.equal(bench.in(IIR) & 0x0f, 0x01);
  bench.out(DATA, 0x41);
  assert.equal(bench.lines.get(4), true);
});

test("the FIFO is announced when it is on, and takes sixteen bytes at a time", () => {
  const { uart, bench } = make();
  bench.out(IIR, 1);
  assert.equal(bench.in(IIR) & 0xc0, 0xc0);
  uart.receive(Uint8Array.from({ length: 20 }, (_, i) => i));
  assert.equal(uart.waiting, 4);
  assert.equal(bench.in(DATA), 0);
  assert.equal(uart.waiting, 3);
});

test("loopback sends what is transmitted back, tests modem lines, and tells nobody", () => {
  const { bench, sent } = make();
  bench.out(MCR, 0x1a);
  bench.out(DATA, 0xae);
  assert.equal(bench.in(DATA), 0xae);
  assert.equal(bench.in(MSR) & 0xf0, 0x90);
  assert.deepEqual(sent, []);
});

test("a byte too many in loopback is an overrun, which LSR reports once", () => {
  const { bench } = make();
  bench.out(MCR, 0x10);
  bench.out(DATA, 1);
  bench.out(DATA, 2);
  assert.equal(bench.in(LSR) & 0x03, 0x03);
  assert.equal(bench.in(LSR) & 0x02, 0);
  assert.equal(bench.in(DATA), 1);
});

test("the scratch register keeps its value", () => {
  const { bench } = make();
  bench.out(SCR, 0x5a);
  assert.equal(bench.in(SCR), 0x5a);
});

test("whatever the host writes arrives in order and complete, however the guest reads", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }), fc.boolean(), (writes, fifo) => {
      const { uart, bench } = make();
      if (fifo) bench.out(IIR, 1);
      const got: number[] = [];
      for (const bytes of writes) {
        uart.receive(bytes);
        if (bench.in(LSR) & 1) got.push(bench.in(DATA));
      }
      while (bench.in(LSR) & 1) got.push(bench.in(DATA));
      assert.deepEqual(got, writes.flatMap((bytes) => [...bytes]));
    }),
    { seed: 3 },
  );
});

test("a driver that does anything at all never sees an interrupt without a cause", () => {
  const access = fc.tuple(fc.boolean(), fc.nat(7), fc.nat(255));
  fc.assert(
    fc.property(fc.array(access, { maxLength: 60 }), (accesses) => {
      const { uart, bench } = make();
      for (const [write, register, value] of accesses) {
        if (write) bench.out(0x3f8 + register, value);
        else bench.in(0x3f8 + register);
        if (value % 7 === 0) uart.receive(Uint8Array.of(value));
        const raised = bench.lines.get(4) ?? false;
        // Reading IIR may acknowledge, so it is read last.
        if (value % 3 === 0) assert.equal((bench.in(IIR) & 1) === 0, raised);
      }
    }),
    { seed: 4 },
  );
});

test("bytes that waited wait again when the state is put back, and a write then is another future", () => {
  const { uart, bench, sent } = make();
  uart.receive(Uint8Array.of(1, 2, 3));
  bench.out(DATA, 0x41);
  const before = new Uint8Array(bench.state.buffer.slice(0));
  assert.deepEqual([bench.in(DATA), bench.in(DATA), bench.in(DATA), uart.waiting], [1, 2, 3, 0]);
  uart.receive(Uint8Array.of(4));
  bench.out(DATA, 0x42);
  assert.equal(uart.sent, 2);
  new Uint8Array(bench.state.buffer).set(before);
  assert.deepEqual([uart.waiting, uart.sent], [2, 1]);
  uart.receive(Uint8Array.of(5));
  assert.deepEqual([bench.in(DATA), bench.in(DATA), bench.in(DATA), bench.in(DATA)], [1, 2, 3, 5]);
  assert.deepEqual(sent, [0x41, 0x42]);
});

test("a byte that is sent has a number, which it has again in a past that is run again", () => {
  const { uart, bench } = make();
  const numbers: number[] = [];
  uart.onTransmit((_byte, index) => numbers.push(index));
  bench.out(DATA, 0x41);
  const before = new Uint8Array(bench.state.buffer.slice(0));
  bench.out(DATA, 0x42);
  new Uint8Array(bench.state.buffer).set(before);
  bench.out(DATA, 0x42);
  assert.deepEqual(numbers, [0, 1, 1]);
});
