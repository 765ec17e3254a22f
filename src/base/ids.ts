/**
 * Identifiers. Random ones come from an {@link IdSource}, so that tests can seed them and a whole call repeats byte for byte;
 * the default source draws from the system's cryptographic generator in blocks.
 */
import { randomFillSync } from 'node:crypto';

export interface IdSource {
  /** A token of `bits` random bits (rounded up to whole bytes) in lower-case hexadecimal. */
  token(bits: number): string;
  /** An unsigned 32-bit random number. */
  uint32(): number;
}

const block = Buffer.alloc(4096);
let used = block.length;

function take(bytes: number): number {
  if (used + bytes > block.length) {
    randomFillSync(block);
    used = 0;
  }
  const start = used;
  used += bytes;
  return start;
}

/** Unpredictable identifiers, as RFC 3261 19.3 asks for tags and 8.1.1.7 for branches. */
export const randomIds: IdSource = {
  token(bits) {
    const bytes = Math.ceil(bits / 8);
    const start = take(bytes);
    return block.toString('hex', start, start + bytes);
  },
  uint32() {
    return block.readUInt32BE(take(4));
  },
};

/** Repeatable identifiers for tests: a 32-bit xorshift generator. Never for production. */
export function seededIds(seed: number): IdSource {
  let state = seed >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  return {
    token(bits) {
      let text = '';
      while (text.length * 4 < bits) text += next().toString(16).padStart(8, '0');
      return text.slice(0, Math.ceil(bits / 8) * 2);
    },
    uint32: next,
  };
}
