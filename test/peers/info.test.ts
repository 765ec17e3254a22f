/** INFO (RFC 6086) with sipp: digits both ways, other bodies, packages that nobody asked for. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Info, Sessions } from '../../src/api/index.js';
import { stopAllPrograms } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { assertSuccess, runSipp, Sipp } from '../support/sipp.js';
import { answered, asCaller, established, reply, script, takeRequest, takeResponse } from '../support/sipp-script.js';

let sessions: Sessions | undefined;

afterEach(async () => {
  await sessions?.close();
  await stopAllPrograms();
});

describe('INFO', () => {
  it('of sipp is a digit in either form, or told as it came', async () => {
    const digits: string[] = [];
    const infos: Info[] = [];
    sessions = await openSessions({
      onIncomingCall: async (incoming) => {
        const call = await incoming.accept();
        call.events.on('dtmf', (digit, durationMs) => digits.push(`${digit} ${durationMs}`));
        call.events.on('info', (info) => infos.push(info));
      },
    });
    const info = (cseq: number, type: string, ...lines: string[]) =>
      asCaller('INFO', cseq, { body: { type, lines } }) + takeResponse(200, `CSeq: ${cseq} INFO`);
    const scenario = script(
      established(),
      info(2, 'application/dtmf-relay', 'Signal=5', 'Duration=250'),
      info(3, 'application/dtmf', '11'),
      info(4, 'application/media_control+xml', '<media_control/>'),
      asCaller('BYE', 5),
      takeResponse(200),
    );
    assertSuccess(await runSipp({ scenario, target: sessions.listeners[0]?.port as number }));
    expect(digits).toEqual(['5 250', '# 160']);
    expect(infos.map(({ contentType }) => contentType)).toEqual(['application/media_control+xml']);
    expect(Buffer.from(infos[0]?.body ?? []).toString()).toContain('<media_control/>');
  });

  it('of ours carries digits, one after another, until sipp refuses one', async () => {
    sessions = await openSessions();
    const digit = (signal: string) =>
      takeRequest('INFO', 'Content-Type: application/dtmf-relay', `Signal=${signal}`, 'Duration=100');
    const scenario = script(
      answered(),
      digit('1'),
      reply('200 OK'),
      digit('#'),
      reply('200 OK'),
      digit('A'),
      reply('415 Unsupported Media Type'),
      takeRequest('BYE'),
      reply('200 OK'),
    );
    const sipp = await Sipp.start({ scenario });
    const call = await sessions.call(`sip:callee@127.0.0.1:${sipp.port}`);
    await call.sendDtmf('1#', { via: 'info', durationMs: 100, gapMs: 50 });
    const refused = call.sendDtmf('a1', { via: 'info', durationMs: 100, gapMs: 50 });
    await expect(refused).rejects.toMatchObject({ name: 'SipError', status: 415 });
    await call.hangup();
    assertSuccess(await sipp.result());
  });
});
