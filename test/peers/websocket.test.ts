/**
 * The SIP stacks of browsers, jssip and sip.js, over ws and wss: they register, ask for abilities and call; their calls are answered as far
 * as signalling goes. Media of browsers needs DTLS and ICE: an offer with it is refused with 488, in both directions.
 */
import { readFileSync } from 'node:fs';
import { Inviter, SessionState, UserAgent } from 'sip.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sessions, SessionsOptions } from '../../src/api/index.js';
import { makeCertificate } from '../support/certificate.js';
import { temporaryFolder } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { lendWebSocket, registerSipJs, startJsSip, startSipJs } from '../support/sip-js.js';
import { until } from '../support/until.js';

const folder = temporaryFolder();
let sessions: Sessions | undefined;
let takeBack = (): void => {};
let tls: NonNullable<SessionsOptions['tls']>;

beforeAll(() => {
  const files = makeCertificate(folder.path);
  const cert = readFileSync(files.cert, 'utf8');
  tls = { cert, key: readFileSync(files.key, 'utf8'), ca: cert };
  takeBack = lendWebSocket({ ca: cert });
});

afterEach(async () => {
  await sessions?.close();
  sessions = undefined;
});

afterAll(() => {
  takeBack();
  folder.remove();
});

/** The server, and the URL to it. */
async function serve(scheme: 'ws' | 'wss', options: SessionsOptions = {}): Promise<[server: Sessions, url: string]> {
  sessions = await openSessions({ listen: [`${scheme}://127.0.0.1:0`], tls, registrar: {}, ...options });
  return [sessions, `${scheme}://localhost:${sessions.listeners[0]?.port}`];
}

const authentication = {
  realm: 'test',
  authenticate: (username: string) => (username === 'alice' ? { password: 'secret' } : undefined),
};
const aor = 'sip:alice@localhost';

describe.each(['ws', 'wss'] as const)('over %s', (scheme) => {
  it('jssip registers with a password and is gone when it says so', async () => {
    const [server, url] = await serve(scheme, { authentication });
    await expect(startJsSip(url, aor, 'wrong')).rejects.toThrow('Rejected');
    const phone = await startJsSip(url, aor, 'secret');
    expect(server.registrar?.lookup(aor)).toHaveLength(1);
    await phone.stop();
    await until(() => server.registrar?.lookup(aor).length === 0, 'the end of the registration');
  });

  it('jssip is asked for its abilities along its connection', async () => {
    const [server, url] = await serve(scheme);
    const phone = await startJsSip(url, aor);
    const [binding] = server.registrar?.lookup(aor) ?? [];
    expect(binding?.contact).toMatch(/\.invalid;transport=ws/);
    expect(await server.ping(binding?.contact ?? '')).toMatchObject({ status: 200 });
    await phone.stop();
  });

  it('jssip asks us', async () => {
    const [, url] = await serve(scheme);
    const phone = await startJsSip(url, aor);
    const status = await new Promise((resolve) => {
      const eventHandlers = { succeeded: () => resolve(200), failed: resolve };
      // Its types do not know of it.
      const asks = phone.ua as unknown as { sendOptions(target: string, body: undefined, options: object): void };
      asks.sendOptions('sip:room@localhost', undefined, { eventHandlers });
    });
    expect(status).toBe(200);
    await phone.stop();
  });

  it('sip.js registers, and a call that offers audio as telephones do is answered and ended by both', async () => {
    const [server, url] = await serve(scheme, { onIncomingCall: async (incoming) => void (await incoming.accept()) });
    const agent = await startSipJs(url, aor, audio('RTP/AVP'));
    const registerer = await registerSipJs(agent);
    for (const ends of ['us', 'them'] as const) {
      const inviter = new Inviter(agent, UserAgent.makeURI('sip:room@localhost') as never);
      await inviter.invite();
      await until(() => inviter.state === SessionState.Established, 'the call');
      await until(() => server.calls.size === 1, 'our side of it');
      if (ends === 'us') await [...server.calls.values()][0]?.hangup();
      else await inviter.bye();
      await until(() => inviter.state === SessionState.Terminated && server.calls.size === 0, 'the end of the call');
    }
    await registerer.unregister();
    await until(() => server.registrar?.lookup(aor).length === 0, 'the end of the registration');
    await agent.stop();
  });

  it('a call that offers audio as browsers do gets 488', async () => {
    const [, url] = await serve(scheme, { onIncomingCall: async (incoming) => void (await incoming.accept()) });
    const agent = await startSipJs(url, aor, audio('UDP/TLS/RTP/SAVPF'));
    const inviter = new Inviter(agent, UserAgent.makeURI('sip:room@localhost') as never);
    const status = await new Promise((resolve) => {
      const onReject = (response: { readonly message: { readonly statusCode?: number | undefined } }): void =>
        resolve(response.message.statusCode);
      void inviter.invite({ requestDelegate: { onReject } });
    });
    expect(status).toBe(488);
    await agent.stop();
  });
});

function audio(profile: string): string {
  const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio 40000 ${profile} 0`];
  return `${[...lines, 'a=rtpmap:0 PCMU/8000'].join('\r\n')}\r\n`;
}
