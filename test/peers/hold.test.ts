/**
 * A peer that holds us and takes us back, in each form that phones use, by re-INVITE from sipp. The scenario checks the direction of
 * each of our answers; here is what our side says of it.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Sessions } from '../../src/api/index.js';
import { stopAllPrograms } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { assertSuccess, runSipp } from '../support/sipp.js';
import { until } from '../support/until.js';

describe('a peer that holds', () => {
  let sessions: Sessions | undefined;

  afterEach(async () => {
    await sessions?.close();
    await stopAllPrograms();
  });

  it('gets the right direction in each answer, and each change of its hold is told', async () => {
    const held: boolean[] = [];
    const causes: string[] = [];
    sessions = await openSessions({
      onIncomingCall: async (incoming) => {
        const call = await incoming.accept();
        call.events.on('remoteHold', (on) => held.push(on));
        causes.push((await call.finished).cause);
      },
    });
    const target = sessions.listeners[0]?.port as number;
    assertSuccess(await runSipp({ scenario: { file: 'hold-and-resume' }, target, user: 'held' }));
    await until(() => causes.length === 1, 'the end of the call');
    expect(held).toEqual([true, false, true, false, true, false]);
    expect(causes).toEqual(['remote-hangup']);
    expect(sessions.counts()).toMatchObject({ sessions: 0, dialogs: 0, streams: 0, refusedFacts: 0 });
  });
});
