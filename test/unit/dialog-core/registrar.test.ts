/** The stack as a registrar (RFC 3261 10.3). */
import { describe, expect, it } from 'vitest';
import { makeUri } from '../../../src/dialog-core/index.js';
import type { Binding, DialogCoreConfig, RegistrarConfig } from '../../../src/dialog-core/types.js';
import { StackHarness } from '../../support/sip-stack.js';
import { field, fields, request, startLine } from '../../support/sip-text.js';

let branches = 0;

interface Parts {
  readonly user?: string;
  readonly callId?: string;
  readonly cseq?: number;
}

class Office {
  readonly harness: StackHarness;

  constructor(registrar: RegistrarConfig | undefined = {}, more: Partial<DialogCoreConfig> = {}) {
    this.harness = new StackHarness({ registrar, ...more });
  }

  /** The response to a REGISTER. */
  register(more: readonly string[], { user = 'ann', callId = 'c1', cseq = 1 }: Parts = {}): string {
    branches += 1;
    const aor = `<sip:${user}@10.0.0.1>`;
    const common = { method: 'REGISTER', uri: 'sip:10.0.0.1', sentBy: '10.0.0.9:5060', callId, cseq };
    this.harness.receive(request({ ...common, branch: `z9hG4bKr${branches}`, from: `${aor};tag=f`, to: aor, more }));
    return this.harness.sent.at(-1)?.text ?? '';
  }

  lookup(user = 'ann'): Binding[] | undefined {
    return this.harness.stack.lookup(makeUri({ user, host: '10.0.0.1' }), this.harness.nowMs);
  }
}

const status = (text: string): number => Number(startLine(text).split(' ')[1]);
const phone = 'Contact: <sip:ann@10.0.0.9>';
const desk = 'Contact: <sip:ann@10.0.0.8>;q=0.5;expires=120';

describe('a registrar', () => {
  it('is none without the option', () => {
    const office = new Office(undefined, { registrar: undefined });
    expect(status(office.register([phone]))).toBe(405);
    expect(office.lookup()).toBeUndefined();
  });

  it('binds, tells all bindings with their time left, and finds the best first', () => {
    const office = new Office();
    expect(fields(office.register([desk]), 'Contact')).toEqual(['<sip:ann@10.0.0.8>;expires=120;q=0.5']);
    office.harness.run(20_000);
    const ok = office.register([phone, 'Expires: 600'], { callId: 'c2' });
    expect(status(ok)).toBe(200);
    expect(fields(ok, 'Contact')).toEqual(['<sip:ann@10.0.0.8>;expires=100;q=0.5', '<sip:ann@10.0.0.9>;expires=600']);
    expect(office.lookup()).toEqual([
      { contact: 'sip:ann@10.0.0.9', q: 1, expiresS: 600 },
      { contact: 'sip:ann@10.0.0.8', q: 0.5, expiresS: 100 },
    ]);
    expect(office.lookup('bob')).toEqual([]);
    // A request without contacts asks, and changes nothing.
    expect(fields(office.register([], { callId: 'c3' }), 'Contact')).toHaveLength(2);
    office.harness.run(100_000);
    expect(office.lookup()).toHaveLength(1);
  });

  it('shortens long times, and refuses short ones with 423', () => {
    const office = new Office({ minExpiresS: 30, maxExpiresS: 300 });
    expect(field(office.register([`${phone};expires=9999`]), 'Contact')).toContain('expires=300');
    expect(field(office.register([phone], { cseq: 2 }), 'Contact')).toContain('expires=300');
    const brief = office.register([`${phone};expires=29`], { cseq: 3 });
    expect([status(brief), field(brief, 'Min-Expires')]).toEqual([423, '30']);
    expect(office.lookup()).toMatchObject([{ expiresS: 300 }]);
  });

  it('removes one contact, or all by a star', () => {
    const office = new Office();
    office.register([phone, desk]);
    expect(fields(office.register([`${phone};expires=0`], { cseq: 2 }), 'Contact')).toHaveLength(1);
    for (const wrong of [['Contact: *'], ['Contact: *', 'Expires: 1'], ['Contact: *', phone, 'Expires: 0']]) {
      expect(status(office.register(wrong, { cseq: 3 }))).toBe(400);
    }
    expect(office.lookup()).toHaveLength(1);
    expect(status(office.register(['Contact: *', 'Expires: 0'], { cseq: 4 }))).toBe(200);
    expect(office.lookup()).toEqual([]);
  });

  it('takes the requests of one Call-ID in order, all contacts of a request or none', () => {
    const office = new Office();
    office.register([phone], { cseq: 5 });
    for (const cseq of [5, 4]) {
      const late = office.register(['Contact: <sip:new@10.0.0.7>', `${phone};expires=0`], { cseq });
      expect(status(late)).toBe(500);
      expect(status(office.register(['Contact: *', 'Expires: 0'], { cseq }))).toBe(500);
    }
    expect(office.lookup()).toMatchObject([{ contact: 'sip:ann@10.0.0.9' }]);
    // A phone that was started anew has another Call-ID.
    expect(status(office.register([`${phone};expires=0`], { callId: 'c2', cseq: 1 }))).toBe(200);
    expect(office.lookup()).toEqual([]);
  });

  it('answers a repeated request as before', () => {
    const office = new Office();
    office.register([phone]);
    branches -= 1;
    expect(status(office.register([phone]))).toBe(200);
    expect(office.harness.stack.counts().retransmissionsIn).toBe(1);
  });

  it('is bounded, and what has expired makes room', () => {
    const office = new Office({ maxAors: 2, maxBindings: 2 });
    const third = 'Contact: <sip:ann@10.0.0.7>';
    expect(status(office.register([phone, desk, third]))).toBe(403);
    expect(office.lookup()).toEqual([]);
    office.register([desk], { user: 'ann' });
    office.register([desk], { user: 'bob' });
    expect(status(office.register([desk], { user: 'cid' }))).toBe(503);
    office.harness.run(121_000);
    expect(status(office.register([desk], { user: 'cid' }))).toBe(200);
  });

  it('lets the application refuse', () => {
    const seen: unknown[] = [];
    const office = new Office({
      accept: (aor, username) => {
        seen.push([aor, username]);
        return !aor.includes('bob');
      },
    });
    expect(status(office.register([phone]))).toBe(200);
    expect(status(office.register([phone], { user: 'bob' }))).toBe(403);
    expect(seen).toEqual([
      ['sip:ann@10.0.0.1', undefined],
      ['sip:bob@10.0.0.1', undefined],
    ]);
  });

  it('reads an address of record for what it is', () => {
    const office = new Office();
    office.register([phone], { user: '%61nn' });
    expect(office.lookup('ann')).toHaveLength(1);
    expect(status(office.register([phone], { user: 'ann', callId: 'c2' }))).toBe(200);
    expect(office.lookup('ann')).toHaveLength(1);
  });

  it.each([{ maxAors: 0 }, { minExpiresS: 100, maxExpiresS: 99 }, { accept: 1 as never }])('refuses %j', (wrong) => {
    expect(() => new Office(wrong)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });
});
