/** The proxies between a user and its registrar: Path (RFC 3327), Service-Route (RFC 3608), and GRUU (RFC 5627), in virtual time. */
import { beforeEach, describe, expect, it } from 'vitest';
import { parseUri, type SipUri } from '../../src/dialog-core/index.js';
import type { RegistrationState } from '../../src/dialog-core/types.js';
import { field, fields, request, response, startLine } from '../support/sip-text.js';
import { type Phone, type RawPeer, SipWorld, sdp } from '../support/sip-world.js';

const contact = 'sip:ann@192.0.2.9:5060';
const uri = (text: string): SipUri => parseUri(text) as SipUri;

describe('a registrar behind proxies', () => {
  let world: SipWorld;
  let office: Phone;
  let edge: RawPeer;
  let cseq = 0;

  beforeEach(async () => {
    world = new SipWorld();
    office = await world.phone('office', '10.0.0.1', { registrar: {} });
    edge = await world.raw('edge', '10.0.0.7');
  });

  async function register(more: readonly string[]): Promise<string> {
    cseq += 1;
    const aor = '<sip:ann@10.0.0.1>';
    const common = { method: 'REGISTER', uri: 'sip:10.0.0.1', sentBy: '10.0.0.7:5060', callId: 'c', cseq };
    const branch = `z9hG4bKp${cseq}`;
    edge.send(request({ ...common, branch, from: `${aor};tag=f`, to: aor, more }), office);
    return edge.take('SIP/2.0');
  }

  const path = 'Path: <sip:token@10.0.0.7;lr>, <sip:10.0.0.8;lr>';
  const binding = `Contact: <${contact}>`;

  it('keeps the path with the binding, says it back, and sends calls and requests to the contact along it', async () => {
    const ok = await register([binding, path, 'Supported: path']);
    expect(startLine(ok)).toBe('SIP/2.0 200 OK');
    expect(fields(ok, 'Path')).toEqual(['<sip:token@10.0.0.7;lr>', '<sip:10.0.0.8;lr>']);
    const aor = uri('sip:ann@10.0.0.1');
    const routes = ['<sip:token@10.0.0.7;lr>', '<sip:10.0.0.8;lr>'];
    expect(office.endpoint.lookup(aor)).toMatchObject([{ contact, path: routes }]);
    await office.call(uri(contact));
    const invite = await edge.take(`INVITE ${contact} SIP/2.0`);
    expect(fields(invite, 'Route')).toEqual(routes);
    edge.send(response(invite, '486 Busy Here', { toTag: 'b' }), office);
    // The ACK of a refusal takes the way of its INVITE (RFC 3261 17.1.1.3).
    expect(fields(await edge.take('ACK'), 'Route')).toEqual(routes);
    void office.endpoint.request({ method: 'MESSAGE', target: uri(contact), from: aor });
    expect(fields(await edge.take(`MESSAGE ${contact}`), 'Route')).toEqual(routes);
    // A binding that is made anew without a path has none.
    await register([binding]);
    expect(office.endpoint.lookup(aor)?.[0]?.path).toBeUndefined();
  });

  it('gives a strict first router its own URI, and the target as last route', async () => {
    await register([binding, 'Path: <sip:10.0.0.7>, <sip:10.0.0.8;lr>', 'Supported: path']);
    await office.call(uri(contact));
    const invite = await edge.take('INVITE sip:10.0.0.7 SIP/2.0');
    expect(fields(invite, 'Route')).toEqual(['<sip:10.0.0.8;lr>', `<${contact}>`]);
  });

  it('refuses a path that the phone says nothing of, and one that cannot be used; Require says enough', async () => {
    const strange = await register([binding, path]);
    expect([startLine(strange), field(strange, 'Unsupported')]).toEqual(['SIP/2.0 420 Bad Extension', 'path']);
    const many = Array.from({ length: 17 }, (_, index) => `<sip:10.0.1.${index};lr>`).join(', ');
    for (const wrong of ['Path: <tel:+4930;lr>', 'Path: nobody', `Path: ${many}`]) {
      expect(startLine(await register([binding, wrong, 'Supported: path']))).toBe('SIP/2.0 400 Unusable Path');
    }
    expect(office.endpoint.lookup(uri('sip:ann@10.0.0.1'))).toEqual([]);
    expect(startLine(await register([binding, path, 'Require: path']))).toBe('SIP/2.0 200 OK');
  });

  it('knows the tag for REGISTER alone', async () => {
    cseq += 1;
    const common = { method: 'MESSAGE', uri: 'sip:10.0.0.1', sentBy: '10.0.0.7:5060', callId: 'm', cseq };
    const stop = office.endpoint.serve('MESSAGE', (incoming) => incoming.respond(200));
    edge.send(request({ ...common, from: '<sip:a@b>;tag=f', to: '<sip:c@10.0.0.1>', more: ['Require: path'] }), office);
    expect(startLine(await edge.take('SIP/2.0'))).toBe('SIP/2.0 420 Bad Extension');
    stop();
  });
});

describe('a registration behind proxies', () => {
  const instanceId = 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
  const gruu = 'sip:ann@10.0.0.9;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
  let world: SipWorld;
  let ann: Phone;
  let registrar: RawPeer;
  let states: RegistrationState[];

  beforeEach(async () => {
    world = new SipWorld();
    ann = await world.phone('ann', '10.0.0.1');
    registrar = await world.raw('registrar', '10.0.0.9');
    states = [];
  });

  async function answer(more: readonly string[]): Promise<string> {
    const asked = await registrar.take('REGISTER');
    registrar.send(response(asked, '200 OK', { toTag: 'r', more }), ann);
    await world.advance(20);
    return asked;
  }

  const begin = (id?: string) =>
    ann.endpoint.register({ aor: uri('sip:ann@10.0.0.9'), instanceId: id }, (state) => states.push(state));

  it('says that it knows paths, and tells the service route of the newest answer', async () => {
    begin();
    const asked = await answer(['Service-Route: <sip:home@10.0.0.8;lr>, <sip:10.0.0.9;lr>', 'Expires: 60']);
    expect(field(asked, 'Supported')).toBe('path');
    expect(field(asked, 'Contact')).toBe('<sip:ann@10.0.0.1:5060>');
    expect(states.at(-1)).toMatchObject({ serviceRoute: ['<sip:home@10.0.0.8;lr>', '<sip:10.0.0.9;lr>'] });
    await answer(['Expires: 60']);
    expect(states.at(-1)).toEqual({ kind: 'registered', expiresS: 60, contact: '<sip:ann@10.0.0.1:5060>' });
    await answer(['Service-Route: <sip:10.0.0.8;lr>, nonsense:', 'Expires: 60']);
    expect(states.at(-1)).not.toHaveProperty('serviceRoute');
  });

  it('calls along a route behind its proxy, and throws for one that is none', async () => {
    const target = uri('sip:bob@192.0.2.1');
    const params = { target, from: { uri: uri('sip:ann@10.0.0.9') }, route: ['<sip:10.0.0.8;lr>'] };
    expect(() => ann.endpoint.invite({ ...params, route: ['10.0.0.8'] })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
    const usage = ann.endpoint.invite({ ...params, proxy: uri('sip:10.0.0.9') });
    await ann.take('routed');
    ann.endpoint.sendInvite(usage, sdp);
    const invite = await registrar.take('INVITE sip:bob@192.0.2.1 SIP/2.0');
    expect(fields(invite, 'Route')).toEqual(['<sip:10.0.0.9;lr>', '<sip:10.0.0.8;lr>']);
  });

  it('registers its instance, and answers calls to the contact under the GRUU that it gets', async () => {
    begin(instanceId);
    const listed = `Contact: <sip:ann@10.0.0.1:5060>;expires=60;pub-gruu="${gruu}";temp-gruu="sip:tgruu.7@10.0.0.9;gr"`;
    const asked = await answer([listed]);
    expect(field(asked, 'Contact')).toBe(`<sip:ann@10.0.0.1:5060>;+sip.instance="<${instanceId}>"`);
    expect(field(asked, 'Supported')).toBe('path, gruu');
    expect(states.at(-1)).toMatchObject({ publicGruu: gruu });
    const call = async (to: string, callId: string): Promise<string> => {
      const common = {
        method: 'INVITE',
        uri: to,
        sentBy: '10.0.0.9:5060',
        branch: `z9hG4bK${callId}`,
        callId,
        cseq: 1,
      };
      const more = ['Contact: <sip:bob@10.0.0.9>'];
      registrar.send(request({ ...common, from: '<sip:bob@10.0.0.9>;tag=b', to: `<${to}>`, more }), ann);
      const { usage } = await ann.take('invite');
      await registrar.take('SIP/2.0 100');
      ann.endpoint.progress(usage, 180);
      const ringing = await registrar.take('SIP/2.0 180');
      ann.endpoint.reject(usage, 486);
      await registrar.take('SIP/2.0 486');
      return field(ringing, 'Contact') ?? '';
    };
    expect(await call('sip:ann@10.0.0.1:5060', 'one')).toBe(`<${gruu}>`);
    expect(await call('sip:other@10.0.0.1:5060', 'two')).toBe('<sip:other@10.0.0.1:5060>');
  });

  it('takes no GRUU that it has not asked for, and no instance that is no URN', async () => {
    begin();
    await answer([`Contact: <sip:ann@10.0.0.1:5060>;expires=60;pub-gruu="${gruu}"`]);
    expect(states.at(-1)).not.toHaveProperty('publicGruu');
    expect(() => begin('"quoted"')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});
