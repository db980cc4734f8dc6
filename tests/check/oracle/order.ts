// A strict partial order that grows edge by edge and refuses cycles; for the oracle's candidate executions.

/** Bits of a word, which hold the nodes after a node. */
export const MOST_NODES = 32;

export class Order {
  #after = new Int32Array(MOST_NODES);
  readonly #saved: Int32Array[] = [];
  #depth = 0;
  #nodes = 0;

  clear(): void {
    this.#after.fill(0);
    this.#depth = 0;
    this.#nodes = 0;
  }

  node(): number {
    if (this.#nodes === MOST_NODES) throw new Error(`an execution of more than ${MOST_NODES} nodes`);
    return this.#nodes++;
  }

  /** Puts `a` before `b`; false, and nothing is done, if it is after it already. */
  add(a: number, b: number): boolean {
    const after = this.#after;
    if (a === b || (after[b]! >>> a) & 1) return false;
    if ((after[a]! >>> b) & 1) return true;
    const more = after[b]! | (1 << b);
    for (let i = 0; i < this.#nodes; i++) {
      if (i === a || (after[i]! >>> a) & 1) after[i]! |= more;
    }
    return true;
  }

  save(): void {
    const copy = (this.#saved[this.#depth++] ??= new Int32Array(MOST_NODES));
    copy.set(this.#after);
  }

  restore(): void {
    this.#after.set(this.#saved[--this.#depth]!);
  }
}
