import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkPlayable,
  checkWritable,
  parseCredentials,
  parseDuration,
  parseTarget,
} from '../../../src/cli/arguments.js';
import { UsageProblem } from '../../../src/cli/problems.js';
import { makeWav } from './wav-bytes.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mixminus-arguments-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('parseDuration', () => {
  it.each([
    ['10s', 10_000],
    ['10', 10_000],
    ['500ms', 500],
    ['1.5m', 90_000],
    ['2min', 120_000],
    ['1h', 3_600_000],
    [' 3 S ', 3000],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseDuration('--duration', text)).toBe(ms);
  });

  it.each(['', 'soon', '10x', '-5s', '0s', '1e3', '1000h', 'toString'])('refuses %j', (text) => {
    expect(() => parseDuration('--duration', text)).toThrow(
      new UsageProblem(`--duration: '${text}' is not a duration; write 500ms, 10s, 2m or 1h`),
    );
  });
});

describe('parseCredentials', () => {
  it('takes the password from where no other user can read it', () => {
    expect(parseCredentials('ann', 'secret')).toEqual({ username: 'ann', password: 'secret' });
    expect(parseCredentials(undefined, 'secret')).toBeUndefined();
    expect(() => parseCredentials('ann', undefined)).toThrow(/MIXMINUS_PASSWORD/);
    expect(() => parseCredentials('ann', '')).toThrow(UsageProblem);
    expect(() => parseCredentials('a\nb', 'x')).toThrow(UsageProblem);
  });
});

describe('parseTarget', () => {
  it.each([
    ['sip:lobby@127.0.0.1:5060', 'sip:lobby@127.0.0.1:5060', 4],
    ['lobby@127.0.0.1', 'sip:lobby@127.0.0.1', 4],
    ['SIP:lobby@example.com;transport=udp', 'SIP:lobby@example.com;transport=udp', 4],
    ['sip:lobby@[::1]:5060', 'sip:lobby@[::1]:5060', 6],
    ['lobby@[2001:db8::1]', 'sip:lobby@[2001:db8::1]', 6],
    ['example.com:5070', 'sip:example.com:5070', 4],
    ['localhost', 'sip:localhost', 4],
  ])('calls %j', (text, uri, family) => {
    expect(parseTarget(text)).toEqual({ uri, family, transport: 'udp' });
  });

  it.each([
    '',
    'sip:',
    'lobby@',
    'sip:a b@host',
    'tel:+358555',
    'http://example.com',
    'sip:a@::1',
    '<sip:a@b>',
    'sip:a@b:port',
  ])('refuses %j and shows a good one', (text) => {
    expect(() => parseTarget(text)).toThrow(
      'is no SIP address; write sip:room@host, for example sip:lobby@127.0.0.1:5060',
    );
  });

  it('knows the transport that is asked for', () => {
    expect(parseTarget('sips:lobby@example.com')).toMatchObject({ uri: 'sips:lobby@example.com', transport: 'tls' });
    expect(parseTarget('lobby@example.com;transport=TCP').transport).toBe('tcp');
    expect(parseTarget('sip:lobby@example.com:5061;transport=tls').transport).toBe('tls');
  });
});

describe('checkPlayable', () => {
  it('returns the length of the sound', () => {
    const path = join(folder, 'good.wav');
    writeFileSync(path, makeWav({ rateHz: 16_000, samples: new Int16Array(8000) }));
    expect(checkPlayable('--play', path)).toBe(500);
  });

  it('says what is wrong', () => {
    const text = join(folder, 'text.wav');
    writeFileSync(text, 'hello');
    expect(() => checkPlayable('--play', text)).toThrow(`--play: ${text} is not a WAV file; make a WAV with: sox`);
    expect(() => checkPlayable('--play', join(folder, 'no.wav'))).toThrow('no.wav does not exist');
    expect(() => checkPlayable('--play', folder)).toThrow('is a folder, not a file');
  });
});

describe('checkWritable', () => {
  it('accepts a new file and an old one, and creates neither', () => {
    const path = join(folder, 'new.wav');
    checkWritable('--record', path);
    expect(() => checkPlayable('--play', path)).toThrow('does not exist');
    writeFileSync(path, '');
    checkWritable('--record', path);
  });

  it('refuses folders and files in folders that are not there', () => {
    expect(() => checkWritable('--record', folder)).toThrow('is a folder; name a file in it');
    expect(() => checkWritable('--record', join(folder, 'sub', 'a.wav'))).toThrow(
      'sub does not exist; create it first',
    );
    expect(() => checkWritable('--record', join(folder, 'good.wav', 'a.wav'))).toThrow('good.wav is not a folder');
  });
});
