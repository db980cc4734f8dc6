// One client's line: acknowledges what comes, sends again what did not arrive, and hands packets on one by
// one. Knows nothing of their meaning. For server.ts.

import { encodePacket, PacketReader } from "./framing.js";

export interface LinkUser {
  packet(contents: string): void;
  /** A packet that cannot be taken because it is too long. */
  overlong(): void;
  interrupt(): void;
}

export class Link {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #user: LinkUser;
  readonly #reader = new PacketReader();
  /** Packets not yet acknowledged, oldest first; only the first has been sent. */
  #unacknowledged: Uint8Array[] = [];
  #acknowledges = true;

  constructor(write: (bytes: Uint8Array) => void, user: LinkUser) {
    this.#write = write;
    this.#user = user;
  }

  /** From now on neither side acknowledges (QStartNoAckMode). */
  stopAcknowledging(): void {
    this.#acknowledges = false;
    for (const packet of this.#unacknowledged.splice(1)) this.#write(packet);
    this.#unacknowledged = [];
  }

  send(contents: string): void {
    const packet = encodePacket(contents);
    if (this.#acknowledges && this.#unacknowledged.push(packet) > 1) return;
    this.#write(packet);
  }

  receive(bytes: Uint8Array): void {
    for (const received of this.#reader.push(bytes)) {
      switch (received.kind) {
        case "packet":
          this.#accept();
          this.#user.packet(received.contents);
          break;
        case "overlong":
          this.#accept();
          this.#user.overlong();
          break;
        case "damaged":
          if (this.#acknowledges) this.#write(Buffer.from("-"));
          break;
        case "ack":
          this.#acknowledged();
          break;
        case "nack":
          if (this.#unacknowledged[0]) this.#write(this.#unacknowledged[0]);
          break;
        case "interrupt":
          this.#user.interrupt();
          break;
      }
    }
  }

  /** Who sends the next packet has had the answers to the one before, with or without a `+`. */
  #accept(): void {
    while (this.#unacknowledged.length > 0) this.#acknowledged();
    if (this.#acknowledges) this.#write(Buffer.from("+"));
  }

  #acknowledged(): void {
    this.#unacknowledged.shift();
    if (this.#unacknowledged[0]) this.#write(this.#unacknowledged[0]);
  }
}
