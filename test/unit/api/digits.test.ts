import { describe, expect, it } from 'vitest';
import { collectDigits, digitMenu } from '../../../src/api/digits.js';
import { Emitter } from '../../../src/base/emitter.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function source() {
  const clock = new VirtualClock();
  const ended = new AbortController();
  const events = new Emitter<{ dtmf: [digit: string, durationMs: number] }>();
  const type = (digits: string): void => {
    for (const digit of digits) events.emit('dtmf', digit, 100);
  };
  return { call: { clock, ended: ended.signal, events }, clock, ended, events, type };
}

describe('collectDigits', () => {
  it('is complete at its length, at its key, or when the caller stops', async () => {
    const { call, clock, type, events } = source();
    const three = collectDigits(call, { max: 3 });
    type('123');
    expect(await three).toBe('123');
    const keyed = collectDigits(call, { until: '*' });
    type('4#5*');
    expect(await keyed).toBe('4#5');
    const stopped = collectDigits(call, { betweenMs: 1000 });
    type('7');
    await clock.advance(900);
    type('8');
    await clock.advance(1000);
    expect(await stopped).toBe('78');
    const nothing = collectDigits(call, { firstMs: 500 });
    await clock.advance(500);
    expect(await nothing).toBe('');
    expect(events.listenerCount('dtmf')).toBe(0);
  });

  it('ends with the call and with its signal, and refuses what makes no sense', async () => {
    const { call, ended, events } = source();
    const stop = new AbortController();
    const aborted = collectDigits(call, { signal: stop.signal });
    stop.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await expect(collectDigits(call, { signal: stop.signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const cut = collectDigits(call);
    ended.abort();
    await expect(cut).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    await expect(collectDigits(call)).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    await expect(collectDigits(call, { max: 0 })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(events.listenerCount('dtmf')).toBe(0);
  });
});

describe('digitMenu', () => {
  it('acts at once where nothing longer is possible, otherwise after a silence', async () => {
    const { call, clock, type } = source();
    const acted: string[] = [];
    const act = (name: string) => (): void => {
      acted.push(name);
    };
    const stop = digitMenu(
      call,
      { 1: act('one'), 12: act('twelve'), '*6': act('mute') },
      { onUnknown: (digits) => acted.push(`unknown ${digits}`) },
    );
    type('*6');
    expect(acted).toEqual(['mute']);
    type('1');
    await clock.advance(1999);
    expect(acted).toEqual(['mute']);
    await clock.advance(1);
    type('12');
    type('9');
    type('*');
    await clock.advance(2000);
    expect(acted.slice(1)).toEqual(['one', 'twelve', 'unknown 9', 'unknown *']);
    stop();
    type('*6');
    expect(acted).toHaveLength(5);
  });

  it('ends with the call', () => {
    const { call, ended, events } = source();
    digitMenu(call, { 1: () => {} });
    ended.abort();
    expect(events.listenerCount('dtmf')).toBe(0);
    expect(() => digitMenu(call, { x: () => {} })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});
