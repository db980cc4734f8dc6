// A client of the server that does not speak for itself: it sends bytes and takes packets. For tests.

import { connect, type Socket } from "node:net";
import { encodePacket, PacketReader } from "../../../src/debug/gdb/framing.ts";

/** A client that does not speak for itself: it sends bytes and takes packets. */
export class RawClient {
  readonly socket: Socket;
  readonly #reader = new PacketReader();
  #packets: string[] = [];
  #wake: () => void = () => {};

  constructor({ address }: { readonly address: string | undefined }) {
    this.socket = connect({ port: Number(address!.split(":").at(-1)), host: "127.0.0.1", noDelay: true });
    this.socket.on("error", () => {});
    this.socket.on("close", () => this.#wake());
    this.socket.on("data", (bytes: Uint8Array) => {
      for (const received of this.#reader.push(bytes)) if (received.kind === "packet") this.#packets.push(received.contents);
      this.#wake();
    });
  }

  send(contents: string): void {
    this.socket.write(encodePacket(contents));
  }

  /** The next packet; undefined if the line was closed. */
  async packet(): Promise<string | undefined> {
    while (this.#packets.length === 0) {
      if (this.socket.destroyed) return undefined;
      await new Promise<void>((done) => (this.#wake = done));
    }
    this.socket.write("+");
    return this.#packets.shift();
  }

  async ask(contents: string): Promise<string | undefined> {
    this.send(contents);
    return this.packet();
  }

  /** Waits until all that was sent before is answered, whatever it was; a run that it began is stopped. */
  async resynchronized(): Promise<void> {
    const interrupts = setInterval(() => this.socket.write(Uint8Array.of(3)), 20);
    try {
      // A $ ends whatever the bytes before may have begun.
      this.send("qC");
      let last: string | undefined;
      do last = await this.packet();
      while (last !== undefined && !/^QC[0-9a-f]+$/.test(last));
      if (last === undefined) throw new Error("the server has ended the connection");
    } finally {
      clearInterval(interrupts);
    }
  }
}
