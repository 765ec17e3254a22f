import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SessionError, SipError, type SipResponse } from '../../../src/api/index.js';
import { settle } from '../../support/virtual-clock.js';
import { FakeCall } from '../server/fakes.js';
import { FakeProcess } from './fake-context.js';
import { makeWav } from './wav-bytes.js';

let folder = '';
let sound = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mixminus-call-'));
  sound = join(folder, 'sound.wav');
  writeFileSync(sound, makeWav());
});
afterAll(() => rmSync(folder, { recursive: true }));

const target = 'sip:lobby@127.0.0.1:5060';
let fake: FakeProcess;
let peer: FakeCall;
beforeEach(() => {
  fake = new FakeProcess();
  peer = new FakeCall('1', target);
  fake.prepare = (sessions) => {
    sessions.answer = async (_, { onProgress }) => {
      (onProgress as (progress: unknown) => void)({ status: 180, reason: 'Ringing' });
      return peer.asCall();
    };
  };
});

function refuse(error: Error): void {
  fake.prepare = (sessions) => {
    sessions.answer = () => Promise.reject(error);
  };
}

describe('mixminus call', () => {
  it('says who it is with --user and MIXMINUS_PASSWORD', async () => {
    const given: unknown[] = [];
    fake.env.MIXMINUS_PASSWORD = 'secret';
    fake.prepare = (sessions) => {
      sessions.answer = async (_, { auth }) => {
        given.push(auth);
        throw new SessionError('ERR_TIMEOUT', 'nobody');
      };
    };
    expect(await fake.run('call', target, '--user', 'ann')).toBe(1);
    expect(given).toEqual([{ username: 'ann', password: 'secret' }]);
    expect(fake.out + fake.err).not.toContain('secret');
  });

  it('tells the steps of a call and hangs up when the duration is over', async () => {
    const done = fake.run('call', target, '--duration', '10s');
    await fake.clock.advance(9900);
    expect(peer.hangups).toEqual([]);
    await fake.clock.advance(200);
    expect(await done).toBe(0);
    expect(peer.hangups.length).toBe(1);
    expect(fake.out.split('\n')).toEqual([
      'calling sip:lobby@127.0.0.1:5060',
      'ringing',
      'answered by sip:lobby@127.0.0.1:5060 (pcmu, audio with 127.0.0.1:4000)',
      'call ended after 10.0 s: the duration is over',
      '  received 90 packets, 10.0 % lost, jitter 0.5 ms, delay 40 ms',
      '  sent 80 packets',
      '',
    ]);
    expect(fake.sessions[0]?.closes).toBe(1);
    expect(fake.watched).toBe(false);
  });

  it('listens on a free port of the target family and passes its options on', async () => {
    let seen: unknown[] = [];
    fake.prepare = (sessions) => {
      sessions.answer = async (...given) => {
        seen = given;
        peer.end();
        return peer.asCall();
      };
    };
    await fake.run(
      'call',
      'lobby@[::1]',
      '--from',
      'sip:me@example.com',
      '--display-name',
      'Me',
      '--timeout',
      '5s',
      '--codecs',
      'pcma',
    );
    expect(fake.sessions[0]?.options).toMatchObject({ listen: ['udp://[::]:0'], codecs: ['pcma'] });
    expect(seen[0]).toBe('sip:lobby@[::1]');
    expect(seen[1]).toMatchObject({ from: 'sip:me@example.com', displayName: 'Me', timeoutMs: 5000 });
    await fake.run('call', target, '--listen', 'udp://127.0.0.1:5099', '--media-ports', '20000-20009');
    expect(fake.sessions[1]?.options).toMatchObject({
      listen: ['udp://127.0.0.1:5099'],
      media: { ports: [20000, 20009] },
    });
  });

  it.each([
    ['sip:lobby@127.0.0.1;transport=tcp', 'tcp://0.0.0.0:0'],
    ['sips:lobby@[::1]', 'tls://[::]:0'],
  ])('listens for %s on %s', async (uri, listen) => {
    fake.prepare = (sessions) => {
      sessions.answer = async () => {
        peer.end();
        return peer.asCall();
      };
    };
    await fake.run('call', uri);
    expect(fake.sessions[0]?.options).toMatchObject({ listen: [listen] });
  });

  it('ends with the file it plays, a moment later', async () => {
    let ended = (): void => {};
    peer.playing = new Promise((resolve) => {
      ended = resolve;
    });
    const done = fake.run('call', target, '--play', sound);
    await settle();
    expect(fake.sessions[0]?.loaded).toEqual([sound]);
    expect(peer.played).toEqual([{ sound, loop: false }]);
    ended();
    await fake.clock.advance(299);
    expect(peer.hangups).toEqual([]);
    await fake.clock.advance(2);
    expect(await done).toBe(0);
    expect(fake.out).toContain('the file was played');
  });

  it('plays on after the file until the duration is over', async () => {
    peer.playing = Promise.resolve();
    const done = fake.run('call', target, '--play', sound, '--loop', '--duration', '5s');
    await fake.clock.advance(4000);
    expect(peer.played[0]?.loop).toBe(true);
    expect(peer.hangups).toEqual([]);
    await fake.clock.advance(1000);
    expect(await done).toBe(0);
  });

  it('ends when the other side hangs up', async () => {
    const done = fake.run('call', target);
    await fake.clock.advance(1000);
    peer.end();
    expect(await done).toBe(0);
    expect(fake.out).toContain('call ended after 1.0 s: the other side hung up');
    expect(peer.hangups).toEqual([]);
  });

  it('hangs up at Ctrl-C, and that is no failure of an answered call', async () => {
    const done = fake.run('call', target);
    await settle();
    fake.signal('SIGINT');
    expect(await done).toBe(0);
    expect(peer.hangups.length).toBe(1);
  });

  it('records, and says how much', async () => {
    const path = join(folder, 'out.wav');
    const done = fake.run('call', target, '--record', path, '--duration', '2s');
    await fake.clock.advance(2000);
    expect(await done).toBe(0);
    expect(peer.recordings).toEqual([{ path, stopped: true }]);
    expect(fake.out).toContain(`recorded 2.0 s to ${path}`);
  });

  it('fails when the recording could not be written', async () => {
    peer.recordError = new SessionError('ERR_FILE', 'no space left on device');
    const done = fake.run('call', target, '--record', join(folder, 'out.wav'), '--duration', '1s');
    await fake.clock.advance(1000);
    expect(await done).toBe(1);
    expect(fake.out).toContain('the recording failed: no space left on device');
  });

  it('hangs up and fails when the engine cannot play', async () => {
    peer.playing = Promise.reject(new SessionError('ERR_ENGINE_BUSY', 'too many players'));
    expect(await fake.run('call', target, '--play', sound)).toBe(1);
    expect(peer.hangups.length).toBe(1);
    expect(fake.out).toContain('cannot play: too many players');
  });

  it('says status and reason of a refusal', async () => {
    const response = { header: () => '30' } as unknown as SipResponse;
    refuse(new SipError('ERR_REJECTED', '486 Room Is Full', { status: 486, reason: 'Room Is Full', response }));
    expect(await fake.run('call', target)).toBe(1);
    expect(fake.out).toContain('not answered: 486 Room Is Full; try again in 30 s\n');
    expect(fake.sessions[0]?.closes).toBe(1);
  });

  it('tells a local cause without a status that nobody sent', async () => {
    refuse(new SipError('ERR_UNRESOLVABLE', 'no address', { status: 503, reason: 'no address' }));
    expect(await fake.run('call', target)).toBe(1);
    expect(fake.out).toContain('not answered: no address\n');
  });

  it('has exit code 2 when the library finds the address wrong', async () => {
    refuse(new SessionError('ERR_INVALID_URI', 'not a URI'));
    expect(await fake.run('call', target)).toBe(2);
    expect(fake.err).toBe('mixminus: not a URI\n');
  });

  it('gives up on a host that says nothing: at the timeout, and at Ctrl-C', async () => {
    fake.prepare = (sessions) => {
      sessions.answer = () => new Promise(() => {});
    };
    const timedOut = fake.run('call', target, '--timeout', '3s');
    await fake.clock.advance(3500);
    expect(await timedOut).toBe(1);
    expect(fake.out).toContain('not answered: no answer within 3.0 s');
    const stopped = fake.run('call', target);
    await settle();
    fake.signal('SIGINT');
    await fake.clock.advance(500);
    expect(await stopped).toBe(1);
    expect(fake.out).toContain('not answered: you stopped the call');
  });

  it('tells programs everything in JSON', async () => {
    const done = fake.run('call', target, '--json', '--duration', '1s');
    await settle();
    peer.events.emit('dtmf', '5', 120);
    await fake.clock.advance(1000);
    expect(await done).toBe(0);
    expect(fake.events).toMatchObject([
      { event: 'calling', target },
      { event: 'progress', status: 180, reason: 'Ringing' },
      { event: 'answered', callId: 'call-id@test', codec: 'pcmu', media: '127.0.0.1:4000' },
      { event: 'dtmf', digit: '5', durationMs: 120 },
      { event: 'stats', lossPercent: 10, packetsReceived: 90 },
      { event: 'ended', answered: true, cause: 'duration', durationMs: 1000, reason: { cause: 'local-hangup' } },
    ]);
    fake = new FakeProcess();
    refuse(new SipError('ERR_REJECTED', '503 Busy', { status: 503, reason: 'Busy' }));
    await fake.run('call', target, '--json');
    expect(fake.events.at(-1)).toEqual({
      event: 'ended',
      answered: false,
      status: 503,
      reason: 'Busy',
      code: 'ERR_REJECTED',
    });
  });

  it('paints a live line on a terminal and takes it away in the end', async () => {
    fake = new FakeProcess({ terminal: true });
    fake.prepare = (sessions) => {
      sessions.answer = async () => peer.asCall();
    };
    const done = fake.run('call', target, '--duration', '1s');
    await fake.clock.advance(1000);
    await done;
    expect(fake.out).toContain('0.5 s   hears -23 dB');
    expect(fake.out).toContain('loss 10.0 %');
    expect(fake.out).toContain('\u001b[1A\u001b[Jcall ended');
  });
});
