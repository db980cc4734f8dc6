// The bytes of a trace as they come to be: in blocks, which go to the disk one by one. How text and messages become bytes
// the two forms say (text-bytes.ts, protobuf-bytes.ts).

const BLOCK = 1 << 20;
/** What is written between two calls of `begin` has room in this: more than any event takes. */
const ROOM = 16384;

/** Bytes that are written again and again, kept as words of four: what is copied byte by byte takes most of an event's time. */
export class Piece {
  readonly words: Int32Array;
  readonly length: number;

  constructor(bytes: ArrayLike<number>) {
    this.length = bytes.length;
    const padded = new Uint8Array((bytes.length + 3) & ~3);
    padded.set(bytes);
    const view = new DataView(padded.buffer);
    this.words = Int32Array.from({ length: padded.length / 4 }, (_, i) => view.getInt32(i * 4, true));
  }
}

/** Pieces by the text that they are made from, each made when it is first asked for. */
export class Pieces {
  readonly #known = new Map<string, Piece>();
  readonly #make: (text: string) => ArrayLike<number>;

  constructor(make: (text: string) => ArrayLike<number>) {
    this.#make = make;
  }

  of(text: string): Piece {
    return this.#known.get(text) ?? this.#add(text);
  }

  #add(text: string): Piece {
    const piece = new Piece(this.#make(text));
    this.#known.set(text, piece);
    return piece;
  }
}

export class Bytes {
  protected view = new DataView(new ArrayBuffer(BLOCK));
  protected used = 0;
  #full: Uint8Array[] = [];

  /** Makes room for an event. */
  begin(): void {
    if (this.used > BLOCK - ROOM) this.#endBlock();
  }

  put(bytes: Uint8Array): void {
    new Uint8Array(this.view.buffer).set(bytes, this.used);
    this.used += bytes.length;
  }

  /** The last word may reach beyond the piece; what is written next covers it. */
  copy({ words, length }: Piece): void {
    const { view, used } = this;
    for (let i = 0; i < words.length; i++) view.setInt32(used + i * 4, words[i]!, true);
    this.used = used + length;
  }

  byte(value: number): void {
    this.view.setUint8(this.used++, value);
  }

  /** The blocks that are full, once. */
  takeFull(): Uint8Array[] {
    return this.#full.splice(0);
  }

  /** All that has not been taken. */
  takeAll(): Uint8Array[] {
    this.#endBlock();
    return this.takeFull();
  }

  #endBlock(): void {
    this.#full.push(new Uint8Array(this.view.buffer, 0, this.used));
    this.view = new DataView(new ArrayBuffer(BLOCK));
    this.used = 0;
  }
}
