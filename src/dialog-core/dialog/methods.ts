/**
 * Which methods and event packages are served, as the headers Allow and Allow-Events tell it; both grow when somebody takes a method or a
 * package over. Owned by the core, read wherever our abilities are told or a request is inspected.
 */
import type { HeaderList } from '../message/index.js';

export class ServedMethods {
  readonly #methods = new Set('INVITE ACK BYE CANCEL OPTIONS PRACK UPDATE INFO REFER SUBSCRIBE NOTIFY'.split(' '));
  readonly #packages = new Set<string>();

  has(method: string): boolean {
    return this.#methods.has(method);
  }

  add(method: string): void {
    this.#methods.add(method);
  }

  remove(method: string): void {
    this.#methods.delete(method);
  }

  addPackage(name: string): void {
    this.#packages.add(name);
  }

  removePackage(name: string): void {
    this.#packages.delete(name);
  }

  get allow(): readonly [string, string] {
    return ['Allow', [...this.#methods].join(', ')];
  }

  /** RFC 6665 8.2.2; nothing where no package is served. */
  get allowEvents(): HeaderList {
    return this.#packages.size === 0 ? [] : [['Allow-Events', [...this.#packages].join(', ')]];
  }
}
