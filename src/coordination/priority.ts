/**
 * Who goes first when not everybody can: six classes, what RFC 4412 says of a request, who waits in which order, and who gives way. Pure;
 * used by manager/admission.ts.
 */
import { SessionError } from '../base/errors.js';

/** From the one that goes first to the one that goes last; `normal` is everybody's. */
export const priorities = ['emergency', 'urgent', 'high', 'normal', 'low', 'background'] as const;
export type Priority = (typeof priorities)[number];

/** For sorting: negative when `a` goes before `b`. */
export function comparePriority(a: Priority, b: Priority): number {
  return priorities.indexOf(a) - priorities.indexOf(b);
}

/** Throws ERR_INVALID_ARGUMENT for a text that names no priority. */
export function toPriority(text: string): Priority {
  const found = priorities.find((one) => one === text);
  if (found) return found;
  throw new SessionError('ERR_INVALID_ARGUMENT', `priority '${text}' is none of ${priorities.join(', ')}`);
}

/**
 * Values of a namespace from the highest to the lowest with the class each falls into. The order within a namespace is the registry's
 * (RFC 4412 12.6, RFC 7135 4.1); several of its values may share a class, the order is never turned round.
 */
const namespaces: Readonly<Record<string, Readonly<Record<string, Priority>>>> = {
  dsn: { 'flash-override': 'emergency', flash: 'urgent', immediate: 'high', priority: 'high', routine: 'normal' },
  drsn: {
    'flash-override-override': 'emergency',
    'flash-override': 'emergency',
    flash: 'urgent',
    immediate: 'high',
    priority: 'high',
    routine: 'normal',
  },
  q735: { 0: 'emergency', 1: 'urgent', 2: 'high', 3: 'high', 4: 'normal' },
  ets: { 0: 'emergency', 1: 'urgent', 2: 'high', 3: 'high', 4: 'high' },
  wps: { 0: 'emergency', 1: 'urgent', 2: 'high', 3: 'high', 4: 'high' },
  esnet: { 4: 'emergency', 3: 'emergency', 2: 'urgent', 1: 'urgent', 0: 'high' },
};

/**
 * The highest class among the values of Resource-Priority headers (`namespace.value`, comma-separated, RFC 4412 3.1). Values of
 * unknown namespaces are passed over, as 4.6.1 asks of one that does not require them. Undefined when none is known.
 */
export function fromResourcePriority(headers: readonly string[]): Priority | undefined {
  let best: Priority | undefined;
  for (const value of headers.join(',').split(',')) {
    const [namespace = '', name = ''] = value.trim().toLowerCase().split('.');
    const values = Object.hasOwn(namespaces, namespace) ? namespaces[namespace] : undefined;
    const found = values && Object.hasOwn(values, name) ? values[name] : undefined;
    if (found && (!best || comparePriority(found, best) < 0)) best = found;
  }
  return best;
}

/** Those who wait for something that is used up: the highest class first, within a class who came first. */
export class WaitingLine<K> {
  readonly #lines = new Map<Priority, Set<K>>(priorities.map((priority) => [priority, new Set<K>()]));
  readonly #limit: number;
  #size = 0;

  /** @param limit how many may wait at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** False when nobody more may wait. */
  add(key: K, priority: Priority): boolean {
    if (this.#size >= this.#limit) return false;
    this.#lines.get(priority)?.add(key);
    this.#size += 1;
    return true;
  }

  /** Gave up, or was served otherwise; true if it waited. */
  remove(key: K): boolean {
    for (const line of this.#lines.values()) {
      if (!line.delete(key)) continue;
      this.#size -= 1;
      return true;
    }
    return false;
  }

  /** Who is served next; it stays in the line. */
  first(): K | undefined {
    for (const line of this.#lines.values()) for (const key of line) return key;
    return undefined;
  }

  /** 1 for who is served next; undefined for one who does not wait. */
  position(key: K): number | undefined {
    let before = 0;
    for (const line of this.#lines.values()) {
      for (const one of line) {
        before += 1;
        if (one === key) return before;
      }
    }
    return undefined;
  }

  /** In the order in which they are served. */
  keys(): K[] {
    return [...this.#lines.values()].flatMap((line) => [...line]);
  }
}

export interface Occupant<K> {
  readonly key: K;
  readonly priority: Priority;
  readonly sinceMs: number;
}

/**
 * Who gives way to a newcomer: of those in a lower class than the newcomer's, one of the lowest class, and there the latest, who loses
 * least. Undefined when nobody is lower: equals never end each other.
 */
export function chooseVictim<K>(occupants: Iterable<Occupant<K>>, newcomer: Priority): K | undefined {
  let victim: Occupant<K> | undefined;
  for (const one of occupants) {
    if (comparePriority(one.priority, newcomer) <= 0) continue;
    const lower = victim ? comparePriority(one.priority, victim.priority) : 1;
    if (!victim || lower > 0 || (lower === 0 && one.sinceMs >= victim.sinceMs)) victim = one;
  }
  return victim?.key;
}
