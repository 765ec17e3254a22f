/**
 * This library as the caller of sipp: of its own UAS scenario, and of one that hangs up first.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sessions } from '../../src/api/index.js';
import { stopAllPrograms } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { assertSuccess, Sipp } from '../support/sipp.js';
import { until, within } from '../support/until.js';

describe("sipp's own UAS scenario", () => {
  let sessions: Sessions;

  beforeAll(async () => {
    sessions = await openSessions();
  });

  afterEach(stopAllPrograms);
  afterAll(() => sessions?.close());

  it('is called, talks with us and is hung up on', async () => {
    const sipp = await Sipp.start({ scenario: 'uas', rtpEcho: true });
    const progress: number[] = [];
    const call = await sessions.call(`sip:callee@127.0.0.1:${sipp.port}`, {
      onProgress: ({ status }) => progress.push(status),
    });
    expect(progress).toContain(180);
    expect(call.state.kind).toBe('Active');
    expect(call.codec).toBe('pcmu');
    expect(call.remoteMedia).toEqual({ address: '127.0.0.1', port: sipp.mediaPort });
    await until(() => (call.stats()?.packetsReceived ?? 0) >= 10, 'ten packets that sipp sends back');
    await call.hangup();
    expect(call.endReason?.cause).toBe('local-hangup');
    assertSuccess(await sipp.result());
  });

  it('is called twenty times at once', async () => {
    const sipp = await Sipp.start({ scenario: 'uas', calls: 20 });
    const calls = await Promise.all(
      Array.from({ length: 20 }, (_, index) => sessions.call(`sip:callee-${index}@127.0.0.1:${sipp.port}`)),
    );
    expect(new Set(calls.map(({ callId }) => callId)).size).toBe(20);
    expect(sessions.calls.size).toBe(20);
    await Promise.all(calls.map((call) => call.hangup()));
    expect(sessions.calls.size).toBe(0);
    assertSuccess(await sipp.result(), 20);
  });

  it('may hang up first', async () => {
    const sipp = await Sipp.start({ scenario: { file: 'hangs-up' }, holdMs: 100 });
    const call = await sessions.call(`sip:callee@127.0.0.1:${sipp.port}`);
    const reason = await within(call.finished, 'the BYE of sipp');
    expect(reason.cause).toBe('remote-hangup');
    expect(call.ended.aborted).toBe(true);
    assertSuccess(await sipp.result());
    expect(sessions.counts().streams).toBe(0);
  });
});
