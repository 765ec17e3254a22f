/**
 * Two of ours with kamailio between them: a stateful proxy that records its route and changes the transport, and a registrar with
 * digest that forks.
 */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Call, IncomingCall, Registration, Sessions, SessionsOptions, SipError } from '../../src/api/index.js';
import { makeCertificate } from '../support/certificate.js';
import { Kamailio, kamailioPassword } from '../support/kamailio.js';
import { stopAllPrograms, temporaryFolder } from '../support/processes.js';
import { openSessions } from '../support/rtp-phone.js';
import { sine } from '../support/tone.js';
import { until } from '../support/until.js';

const folder = temporaryFolder();
const certificate = makeCertificate(folder.path);
const tls = {
  cert: readFileSync(certificate.cert, 'utf8'),
  key: readFileSync(certificate.key, 'utf8'),
  ca: readFileSync(certificate.cert, 'utf8'),
};
const listen = ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0', 'tls://127.0.0.1:0'];
const transports = ['udp', 'tcp', 'tls'] as const;

let proxy: Kamailio;
let alice: Sessions;
const others: Sessions[] = [];

const open = (options: SessionsOptions = {}): Promise<Sessions> => openSessions({ listen, tls, ...options });

async function phone(decide: (incoming: IncomingCall) => unknown): Promise<Sessions> {
  const sessions = await open({
    onIncomingCall: async (incoming) => {
      await decide(incoming);
    },
  });
  others.push(sessions);
  return sessions;
}

/** Where `sessions` is reached over a transport. */
function address(sessions: Sessions, transport: (typeof transports)[number], user = 'bob'): string {
  const port = sessions.listeners.find((one) => one.transport === transport)?.port;
  return `sip:${user}@127.0.0.1:${port};transport=${transport}`;
}

beforeAll(async () => {
  proxy = await Kamailio.start({ certificate });
  alice = await open();
});

afterEach(async () => {
  await Promise.all(others.splice(0).map((sessions) => sessions.close()));
});

afterAll(async () => {
  await alice?.close();
  await proxy?.stop();
  await stopAllPrograms();
  folder.remove();
});

describe('a record-routing proxy between two of ours', () => {
  for (const from of transports) {
    for (const to of transports) {
      it(`carries a call from ${from} to ${to}: audio, hold by either side, and its end`, async () => {
        const into: Call[] = [];
        let invite: IncomingCall | undefined;
        const bob = await phone(async (incoming) => {
          invite = incoming;
          incoming.ring();
          into.push(await incoming.accept());
        });
        const out = await alice.call(address(bob, to), { proxy: proxy.proxy(from) });
        await until(() => into.length === 1, 'the ACK');
        const callee = into[0] as Call;
        expect(invite?.message.headerValues('Via')).toHaveLength(2);
        expect(invite?.message.headerValues('Via')[0]?.toLowerCase()).toContain(`/${to} `);
        expect(invite?.message.headerValues('Record-Route').length).toBeGreaterThan(0);
        void out.play(sine(440, 60_000)).catch(() => {});
        await until(() => (callee.stats()?.levelInDbov ?? -127) > -40, 'the tone');
        await out.hold();
        expect(callee.remoteHold).toBe(true);
        await out.resume();
        await callee.hold();
        expect(out.remoteHold).toBe(true);
        await callee.resume();
        await callee.hangup();
        expect((await out.finished).cause).toBe('remote-hangup');
      });
    }
  }

  it('carries refusals and a CANCEL', async () => {
    const ended: string[] = [];
    const bob = await phone((incoming) => {
      if (incoming.targetUser === 'busy') return incoming.reject(486);
      incoming.ring();
      incoming.signal.addEventListener('abort', () => ended.push('cancelled'));
    });
    const options = { proxy: proxy.proxy('tcp') };
    await expect(alice.call(address(bob, 'udp', 'busy'), options)).rejects.toMatchObject({ status: 486 });
    const patience = new AbortController();
    const onProgress = ({ status }: { status: number }): void => {
      if (status === 180) patience.abort();
    };
    const calling = alice.call(address(bob, 'udp'), { ...options, signal: patience.signal, onProgress });
    await expect(calling).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await until(() => ended.length === 1, 'the CANCEL at the callee');
    await until(() => alice.counts().sessions === 0, 'the end of the caller');
  });
});

describe.each(['MD5', 'SHA-256'] as const)('a registrar with digest %s', (algorithm) => {
  let registrar: Kamailio;

  beforeAll(async () => {
    registrar = await Kamailio.start({ certificate, algorithm });
  });

  afterAll(() => registrar?.stop());

  const register = async (sessions: Sessions, user: string, password = kamailioPassword): Promise<Registration> => {
    const registration = sessions.register({
      aor: `sip:${user}@127.0.0.1:${registrar.port}`,
      auth: { username: user, password },
      expiresS: 600,
    });
    await registration.whenRegistered();
    return registration;
  };

  it('registers, calls by its registration and is called by its address, then is gone', async () => {
    const into: Call[] = [];
    const bob = await phone(async (incoming) => into.push(await incoming.accept()));
    const asBob = await register(bob, 'bob');
    const caller = await phone(() => undefined);
    const asAlice = await register(caller, 'alice');
    const call = await caller.call(`sip:bob@127.0.0.1:${registrar.port}`, { via: asAlice });
    await until(() => into.length === 1, 'the ACK');
    expect(into[0]?.remote.uri).toBe(`sip:alice@127.0.0.1:${registrar.port}`);
    await call.hangup();
    await asBob.unregister();
    const late = caller.call(`sip:bob@127.0.0.1:${registrar.port}`, { via: asAlice });
    await expect(late).rejects.toMatchObject({ status: 404 });
  });

  it('refuses a wrong password, and a call without one', async () => {
    const mallory = await phone(() => undefined);
    await expect(register(mallory, 'mallory', 'guess')).rejects.toMatchObject({ status: 401 });
    const from = `sip:mallory@127.0.0.1:${registrar.port}`;
    const calling = mallory.call(`sip:alice@127.0.0.1:${registrar.port}`, { from });
    const refusal = (await calling.catch((error: unknown) => error)) as SipError;
    expect(refusal.status).toBe(407);
    const challenge = refusal.response?.header('Proxy-Authenticate') ?? '';
    expect(/algorithm="?([\w-]+)/.exec(challenge)?.[1] ?? 'MD5').toBe(algorithm);
  });

  it('forks to two phones: one answers, the other is cancelled', async () => {
    const seen: string[] = [];
    const slow = await phone((incoming) => {
      incoming.ring();
      incoming.signal.addEventListener('abort', () => seen.push('cancelled'));
    });
    const quick = await phone(async (incoming) => {
      incoming.ring();
      // The other phone rings before this one answers.
      await until(() => slow.counts().sessions === 1, 'the second branch');
      await incoming.accept();
      seen.push('answered');
    });
    for (const sessions of [slow, quick]) await register(sessions, 'carol');
    const caller = await phone(() => undefined);
    const asAlice = await register(caller, 'alice');
    const call = await caller.call(`sip:carol@127.0.0.1:${registrar.port}`, { via: asAlice });
    await until(() => seen.length === 2, 'both branches');
    expect(seen.sort()).toEqual(['answered', 'cancelled']);
    await call.hangup();
    await until(() => slow.counts().sessions + quick.counts().sessions === 0, 'the end');
  });
});

describe('paths', () => {
  it('our registrar behind it keeps the path that it adds, and calls the phone along it', async () => {
    const office = await open({ registrar: {} });
    others.push(office);
    const port = office.listeners.find(({ transport }) => transport === 'udp')?.port;
    const edge = await Kamailio.start({ certificate, upstream: `sip:127.0.0.1:${port}` });
    try {
      const into: Call[] = [];
      let invite: IncomingCall | undefined;
      const bob = await phone(async (incoming) => {
        invite = incoming;
        into.push(await incoming.accept());
      });
      const aor = `sip:bob@127.0.0.1:${port}`;
      const registration = bob.register({ aor, registrar: `sip:127.0.0.1:${edge.port}`, expiresS: 600 });
      await registration.whenRegistered();
      const binding = office.registrar?.lookup(aor)[0];
      expect(binding?.path).toEqual([expect.stringContaining(`sip:edge@127.0.0.1:${edge.port};`)]);
      const call = await office.call(binding?.contact ?? '');
      await until(() => into.length === 1, 'the ACK');
      expect(invite?.message.headerValues('Via')).toHaveLength(2);
      await into[0]?.hangup();
      expect((await call.finished).cause).toBe('remote-hangup');
    } finally {
      await edge.stop();
    }
  });

  it('its service route carries our calls, and its GRUU is our Contact and finds us', async () => {
    const into: Call[] = [];
    const bob = await phone(async (incoming) => into.push(await incoming.accept()));
    const caller = await phone(() => undefined);
    const register = async (sessions: Sessions, user: string, instanceId: string): Promise<Registration> => {
      const aor = `sip:${user}@127.0.0.1:${proxy.port}`;
      const auth = { username: user, password: kamailioPassword };
      const registration = sessions.register({ aor, auth, instanceId, expiresS: 600 });
      await registration.whenRegistered();
      expect(registration.serviceRoute).toEqual([`<sip:127.0.0.1:${proxy.port};lr>`]);
      expect(registration.publicGruu).toContain(`;gr=${instanceId}`);
      return registration;
    };
    await register(bob, 'gruu-bob', 'urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e');
    const via = await register(caller, 'gruu-alice', 'urn:uuid:7c9e6679-7425-40de-944b-e07fc1f90ae7');
    const call = await caller.call(`sip:gruu-bob@127.0.0.1:${proxy.port}`, { via });
    await until(() => into.length === 1, 'the ACK');
    const callee = into[0] as Call;
    await callee.hold();
    expect(call.remoteHold).toBe(true);
    await callee.hangup();
    expect((await call.finished).cause).toBe('remote-hangup');
  });
});
