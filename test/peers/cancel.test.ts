/**
 * Giving up before the answer: sipp's CANCEL while we ring, ours while sipp rings, and ours by time-out.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Sessions } from '../../src/api/index.js';
import { stopAllPrograms } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { assertSuccess, runSipp, Sipp } from '../support/sipp.js';
import { until } from '../support/until.js';

describe('CANCEL', () => {
  let sessions: Sessions | undefined;

  afterEach(async () => {
    await sessions?.close();
    await stopAllPrograms();
  });

  it('of sipp ends a call that rings with 487', async () => {
    const aborted: boolean[] = [];
    const accepted: unknown[] = [];
    sessions = await openSessions({
      onIncomingCall: async (incoming) => {
        incoming.ring();
        await new Promise((resolve) => incoming.signal.addEventListener('abort', resolve, { once: true }));
        aborted.push(incoming.signal.aborted);
        accepted.push(await incoming.accept().catch((error: { code?: string }) => error.code));
      },
    });
    const target = sessions.listeners[0]?.port as number;
    assertSuccess(await runSipp({ scenario: { file: 'cancel' }, target, user: 'ringing' }));
    await until(() => accepted.length === 1, 'the end of the handler');
    expect(aborted).toEqual([true]);
    expect(accepted).toEqual(['ERR_INVALID_STATE']);
    expect(sessions.counts()).toMatchObject({ sessions: 0, streams: 0 });
  });

  it('of ours, by abort, ends a call that rings at sipp', async () => {
    sessions = await openSessions();
    const sipp = await Sipp.start({ scenario: { file: 'ringing' } });
    const abort = new AbortController();
    const call = sessions.call(`sip:callee@127.0.0.1:${sipp.port}`, {
      signal: abort.signal,
      onProgress: ({ status }) => status === 180 && abort.abort(),
    });
    await expect(call).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    assertSuccess(await sipp.result());
    expect(sessions.counts()).toMatchObject({ sessions: 0, streams: 0, dialogs: 0 });
  });

  it('of ours, by time-out, ends a call that rings at sipp', async () => {
    sessions = await openSessions();
    const sipp = await Sipp.start({ scenario: { file: 'ringing' } });
    await expect(sessions.call(`sip:callee@127.0.0.1:${sipp.port}`, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    });
    assertSuccess(await sipp.result());
    expect(sessions.counts()).toMatchObject({ sessions: 0, streams: 0, dialogs: 0 });
  });
});
