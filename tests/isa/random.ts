// Numbers for tests that make thousands of cases from one seed.

/** A seeded generator (splitmix64). */
export class Random {
  #state: bigint;

  constructor(seed: bigint) {
    this.#state = BigInt.asUintN(64, seed);
  }

  u64(): bigint {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e3779b97f4a7c15n);
    let z = this.#state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  below(n: number): number {
    return Number(this.u64() % BigInt(n));
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** 64 bits with a liking for the ends of every operand size. */
  operand(): bigint {
    switch (this.below(6)) {
      case 0: return BigInt.asUintN(64, BigInt(this.below(5)) - 2n);
      case 1: return BigInt.asUintN(64, (1n << this.pick([7n, 8n, 15n, 16n, 31n, 32n, 63n])) + BigInt(this.below(3)) - 1n);
      case 2: return this.u64() >> BigInt(this.below(64));
      case 3: return BigInt.asUintN(64, BigInt.asIntN(64, this.u64()) >> BigInt(this.below(64)));
      default: return this.u64();
    }
  }
}
