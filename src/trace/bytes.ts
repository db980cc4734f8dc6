// The bytes of a trace as they come to be: in blocks, which go to the disk one by one. How text and messages become bytes
// the two forms say (text-bytes.ts, protobuf-bytes.ts).

const BLOCK = 1 << 20;
/** What is written between two calls of `begin` has room in this: more than any event takes. */
const ROOM = 16384;

export class Bytes {
  protected block = new Uint8Array(BLOCK);
  protected used = 0;
  #full: Uint8Array[] = [];

  /** Makes room for an event. */
  begin(): void {
    if (this.used <= BLOCK - ROOM) return;
    this.#full.push(this.block.subarray(0, this.used));
    this.block = new Uint8Array(BLOCK);
    this.used = 0;
  }

  put(bytes: Uint8Array): void {
    this.block.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** The blocks that are full, once. */
  takeFull(): Uint8Array[] {
    return this.#full.splice(0);
  }

  /** All that has not been taken. */
  takeAll(): Uint8Array[] {
    const rest = this.block.subarray(0, this.used);
    this.block = new Uint8Array(BLOCK);
    this.used = 0;
    return [...this.takeFull(), rest];
  }
}
