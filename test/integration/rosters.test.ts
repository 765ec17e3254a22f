/** Who is in a conference, told to those who subscribe (RFC 4575), in virtual time; the documents are read by a parser that is not ours. */
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call, EventSubscription, Notification, Sessions, SipMessage } from '../../src/api/index.js';
import { requireProgram } from '../support/processes.js';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.js';

let world: VirtualWorld;
let office: Sessions;
let watcher: Sessions;
const members: Sessions[] = [];

interface Node {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly children: readonly Node[];
}

const reader = `
import sys, json, xml.etree.ElementTree as tree
def show(node): return {"tag": node.tag, "attributes": node.attrib, "text": node.text or "", "children": [show(each) for each in node]}
print(json.dumps(show(tree.fromstring(sys.stdin.buffer.read()))))
`;

function parse(data: Uint8Array): Node {
  const ran = spawnSync(requireProgram('python3', 'python3'), ['-c', reader], { input: data, encoding: 'utf8' });
  expect(ran.stderr).toBe('');
  return JSON.parse(ran.stdout) as Node;
}

/** The order of the schema of RFC 4575 8, by the element that holds them. */
const order: Readonly<Record<string, string>> = {
  'conference-info': 'conference-description host-info conference-state users sidebars-by-ref sidebars-by-val',
  'conference-description':
    'display-text subject free-text keywords conf-uris service-uris maximum-user-count available-media',
  'conference-state': 'user-count active locked',
  users: 'user',
  user: 'display-text associated-aors roles languages cascaded-focus endpoint',
  roles: 'entry',
  endpoint:
    'display-text referred status joining-method joining-info disconnection-method disconnection-info media call-info',
  'joining-info': 'when reason by',
  media: 'display-text type label src-id status',
};
const namespace = '{urn:ietf:params:xml:ns:conference-info}';

/** Fails for an element that the schema has not there, or not in that order. */
function check(node: Node): void {
  const name = node.tag.replace(namespace, '');
  expect(node.tag).toBe(`${namespace}${name}`);
  const allowed = (order[name] ?? '').split(' ');
  const places = node.children.map(({ tag }) => allowed.indexOf(tag.replace(namespace, '')));
  expect(places, name).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  for (const child of node.children) check(child);
}

function at(node: Node, ...path: string[]): Node[] {
  return path.reduce<Node[]>(
    (found, name) => found.flatMap(({ children }) => children.filter(({ tag }) => tag === namespace + name)),
    [node],
  );
}

const textAt = (node: Node, ...path: string[]): string | undefined => at(node, ...path)[0]?.text;

beforeEach(async () => {
  world = virtualWorld();
  office = await world.endpoint('10.0.0.100', {
    onIncomingCall: async (incoming) => {
      const call = await incoming.accept({ focus: true });
      office.conference(incoming.targetUser, { maxMembers: 5 }).join(call);
    },
  });
  watcher = await world.endpoint('10.0.0.90');
  members.length = 0;
});

afterEach(async () => {
  await world.close();
});

async function join(user: string, displayName?: string): Promise<Call> {
  const phone = await world.endpoint(`10.0.0.${members.length + 1}`);
  members.push(phone);
  const call = await world.settled(phone.call('sip:sales@10.0.0.100', { from: user, displayName }));
  await world.clock.advance(300);
  return call;
}

function watch(
  target = 'sip:sales@10.0.0.100',
  accept?: readonly string[],
): { news: Notification[]; handle: EventSubscription } {
  const news: Notification[] = [];
  const handle = watcher.subscribe(target, { event: 'conference', resubscribe: false, ...(accept && { accept }) });
  handle.events.on('notified', (each) => news.push(each));
  return { news, handle };
}

function last(news: readonly Notification[]): Node {
  const { content } = news.at(-1) as Notification;
  expect(content?.contentType).toBe('application/conference-info+xml');
  const document = parse(content?.data as Uint8Array);
  check(document);
  return document;
}

describe('the roster of a conference', () => {
  it('is told whole and numbered: who is there, since when, muted, on hold, moderators, until the conference ends', async () => {
    office.serveRosters();
    const evil = `</user>&"'<x> \u{1F600}`;
    const ann = await join('sip:ann@example.com', evil);
    const answer = members[0]?.manager.messageOf(ann.id) as SipMessage;
    expect(answer.header('Contact')).toMatch(/^<sip:sales@10\.0\.0\.100[^>]*>;isfocus$/);
    const { news } = watch();
    await world.clock.advance(300);
    const first = last(news);
    expect(first.attributes).toEqual({ entity: 'sip:sales@10.0.0.100', state: 'full', version: '0' });
    expect(textAt(first, 'conference-description', 'maximum-user-count')).toBe('5');
    expect(textAt(first, 'users', 'user', 'display-text')).toBe(evil);
    const when = textAt(first, 'users', 'user', 'endpoint', 'joining-info', 'when') ?? '';
    expect(new Date(when).toISOString()).toBe(when);

    await join('sip:bob@example.com');
    await join('sip:ann@example.com');
    const room = office.conference('sales');
    const [one, two, three] = [...room.members.keys()].map((id) => office.calls.get(id) as Call);
    room.mute(one as Call);
    room.setModerator(two as Call);
    room.deaf(three as Call);
    room.lock();
    await world.settled(ann.hold());
    await world.clock.advance(1000);
    const then = last(news);
    expect(Number(then.attributes.version)).toBe(news.length - 1);
    expect(textAt(then, 'conference-state', 'user-count')).toBe('2');
    expect(textAt(then, 'conference-state', 'locked')).toBe('true');
    expect(at(then, 'users', 'user').map(({ attributes }) => attributes)).toEqual([
      { entity: 'sip:ann@example.com', state: 'full' },
      { entity: 'sip:bob@example.com', state: 'full' },
    ]);
    expect(at(then, 'users', 'user', 'roles', 'entry').map(({ text }) => text)).toEqual(['participant', 'moderator']);
    expect(at(then, 'users', 'user', 'endpoint', 'status').map(({ text }) => text)).toEqual([
      ...['on-hold', 'connected', 'connected'],
    ]);
    expect(at(then, 'users', 'user', 'endpoint', 'media', 'status').map(({ text }) => text)).toEqual([
      ...['recvonly', 'sendonly', 'sendrecv'],
    ]);
    expect(new Set(at(then, 'users', 'user', 'endpoint').map(({ attributes }) => attributes.entity)).size).toBe(3);

    room.close();
    await world.clock.advance(300);
    expect(last(news).attributes.state).toBe('deleted');
    expect(news.at(-1)?.state).toBe('terminated');
  });

  it('sends the newest state only, and no more often than the interval says', async () => {
    office.serveRosters({ intervalMs: 250 });
    await join('sip:ann@example.com');
    const { news } = watch();
    await world.clock.advance(1000);
    const before = news.length;
    const room = office.conference('sales');
    for (let index = 0; index < 100; index += 1) {
      for (const { call } of room.members.values()) room.mute(call, index % 2 === 0);
      await world.clock.advance(10);
    }
    expect(news.length - before).toBeLessThanOrEqual(5);
    expect(news.length - before).toBeGreaterThanOrEqual(3);
    await world.clock.advance(300);
    expect(textAt(last(news), 'users', 'user', 'endpoint', 'media', 'status')).toBe('sendrecv');
  });

  it('is refused where there is no conference, nobody may know, too many ask, or the type is unknown', async () => {
    let open = false;
    office.serveRosters({ maxSubscribers: 1, allow: () => open });
    const refusal = async (target?: string, accept?: readonly string[]): Promise<unknown> => {
      const { handle } = watch(target, accept);
      const end = await world.settled(handle.finished);
      return end.by === 'refusal' ? end.status : end;
    };
    await join('sip:ann@example.com');
    expect(await refusal('sip:nobody@10.0.0.100')).toBe(404);
    expect(await refusal()).toBe(403);
    open = true;
    expect(await refusal(undefined, ['application/pidf+xml'])).toBe(406);
    const { news, handle } = watch(undefined, ['text/plain', 'application/*']);
    await world.clock.advance(300);
    expect(news).toHaveLength(1);
    expect(await refusal()).toBe(503);
    handle.close();
    await world.settled(handle.finished);
    expect(watch().news).toEqual([]);
    expect(() => office.serveRosters()).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE' }));
    for (const wrong of [{ maxSubscribers: 0 }, { intervalMs: -1 }, { intervalMs: Number.NaN }]) {
      expect(() => watcher.serveRosters(wrong)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    }
  });
});
