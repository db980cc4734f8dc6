// Types of kinds.mjs for the tests.

/** A case of the hot loop. */
export interface Kind {
  n: number;
  name: string;
  /** Not an instruction of the table. */
  fixed?: true;
  /** Entry of semantics.mjs, or of hot-special.mjs, or the first half of a fused pair. */
  template?: string;
  special?: string;
  fused?: string;
  size?: 1 | 2 | 4 | 8;
  form?: string;
  cc?: string;
  family?: string;
  /** Leaves the flags alone, where the block sets them again unseen. */
  quiet?: true;
  /** A MOV to its destination and it in one. */
  pair?: true;
}

export function numberKinds(): { kinds: Kind[] };

/** Names of the kinds that are not instructions, by their numbers. */
export const FIXED: readonly string[];
