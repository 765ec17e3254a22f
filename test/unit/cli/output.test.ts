import { describe, expect, it } from 'vitest';
import { durationText, endText, levelText, Output, partyText, printable } from '../../../src/cli/output.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function outputs(json: boolean, isTTY = false): { output: Output; text: () => string } {
  let text = '';
  const stream = { write: (part: string) => (text += part), isTTY };
  return { output: new Output(stream, { json, clock: new VirtualClock() }), text: () => text };
}

describe('Output', () => {
  it('speaks to people', () => {
    const { output, text } = outputs(false);
    output.line('hello');
    output.event({ event: 'hello' });
    output.timed('now');
    expect(text()).toMatch(/^hello\n\d\d:\d\d:\d\d now\n$/);
  });

  it('speaks to programs, one object a line with its time', () => {
    const { output, text } = outputs(true, true);
    output.line('hello');
    output.event({ event: 'hello', of: 1 });
    expect(text()).toBe('{"event":"hello","of":1,"time":"2026-01-01T00:00:00.000Z"}\n');
    expect(output.live).toBe(false);
  });

  it('is live on a terminal', () => {
    expect(outputs(false, true).output.live).toBe(true);
    expect(outputs(false, false).output.live).toBe(false);
  });
});

describe('texts', () => {
  it('keeps strangers from steering the terminal', () => {
    expect(printable('a\u001b[2Jb\u202ec\nd\u0085')).toBe('a?[2Jb?c?d?');
    expect(partyText({ uri: 'sip:a@b', displayName: 'A\u0007' })).toBe('"A?" <sip:a@b>');
    expect(partyText({ uri: 'sip:a@b', displayName: undefined })).toBe('sip:a@b');
  });

  it.each([
    [440, '0.4 s'],
    [12_000, '12.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [7_800_000, '2 h 10 min'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it('writes levels', () => {
    expect([levelText(-23.4), levelText(-127)]).toEqual(['-23 dB', 'silent']);
  });

  it('tells why a call ended', () => {
    const reason = { status: 486, text: 'Busy\u0007', reason: undefined };
    expect(endText({ ...reason, cause: 'rejected' })).toBe('rejected (486 Busy?)');
    expect(endText({ ...reason, status: undefined, cause: 'remote-hangup' })).toBe('the other side hung up');
    expect(endText(undefined)).toBe('left the room');
  });
});
