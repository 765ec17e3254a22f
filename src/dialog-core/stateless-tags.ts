/**
 * To tags of responses for which nothing is kept: the same request gets the same tag each time (RFC 3261 8.2.7), by a keyed hash of what
 * identifies it. Not a defence: nothing is found by these tags.
 */
import type { IdSource } from '../base/ids.js';
import type { SipRequest } from './message/index.js';

export class StatelessTags {
  readonly #seedA: number;
  readonly #seedB: number;

  constructor(ids: IdSource) {
    this.#seedA = ids.uint32();
    this.#seedB = ids.uint32();
  }

  /** 64 bits in hexadecimal. Works on refused requests, too. */
  tagFor(request: SipRequest): string {
    const via = request.headerValues('via')[0] ?? '';
    const text = `${via} ${request.header('call-id') ?? ''} ${request.header('from') ?? ''}`;
    return hash(text, this.#seedA) + hash(text, this.#seedB);
  }
}

/** FNV-1a over UTF-16 units, with a final mix that spreads the last characters over all bits. */
function hash(text: string, seed: number): string {
  let state = (0x811c9dc5 ^ seed) >>> 0;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return ((state ^ (state >>> 16)) >>> 0).toString(16).padStart(8, '0');
}
