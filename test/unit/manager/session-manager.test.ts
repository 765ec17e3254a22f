import { afterEach, describe, expect, it, vi } from 'vitest';
import { seededIds } from '../../../src/base/ids.js';
import { silentLogger } from '../../../src/base/logger.js';
import type { ManagerConfig } from '../../../src/manager/config.js';
import { SessionManager } from '../../../src/manager/session-manager.js';
import type { ManagerParts } from '../../../src/manager/wiring.js';
import { MediaError } from '../../../src/media/types.js';
import type { DialogFact, SessionEvent } from '../../../src/session/index.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const sdp = { contentType: 'application/sdp', data: new Uint8Array([1]) };
const route = { bindAddress: '10.0.0.1', advertisedAddress: '10.0.0.1' };
const negotiated = {
  codec: 'pcmu',
  direction: 'sendrecv' as const,
  remoteAddress: '10.0.0.2',
  remotePort: 4000,
  telephoneEvents: false,
};
const outgoing = {
  target: 'sip:b@example.com',
  from: { uri: 'sip:a@example.com', displayName: undefined },
  headers: [],
  proxy: undefined,
};

const incoming: DialogFact = {
  type: 'incoming',
  from: { uri: 'sip:caller@example.com', displayName: undefined },
  to: { uri: 'sip:room@example.com', displayName: undefined },
  target: 'sip:room@example.com',
  callId: 'c1',
  peer: '10.0.0.9',
  route,
  offer: sdp,
  message: { kind: 'request' },
};

/** A manager between two layers that only write down what they are told. */
function harness(overrides: Partial<ManagerConfig> = {}) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const withMedia = new Set<string>();
  const tell =
    (name: string) =>
    (_id: string, ...rest: unknown[]): void => {
      told.push([name, ...rest.filter((value) => typeof value === 'number')].join(' '));
    };
  const dialog: Record<string, ReturnType<typeof vi.fn>> = Object.fromEntries(
    [
      'createSession offerSession ringSession acceptSession rejectSession ackSession cancelSession',
      'holdSession resumeSession answerReoffer terminateSession forgetSession',
    ]
      .join(' ')
      .split(' ')
      .map((name) => [name, vi.fn(tell(name))]),
  );
  const media = {
    createMedia: vi.fn((id: string) => {
      withMedia.add(id);
    }),
    offerMedia: vi.fn(() => sdp),
    answerMedia: vi.fn(() => ({ answer: sdp, media: negotiated })),
    applyAnswer: vi.fn(() => negotiated),
    holdMedia: vi.fn(() => sdp),
    resumeMedia: vi.fn(() => sdp),
    rollbackOffer: vi.fn(),
    allowSend: vi.fn(),
    stopMedia: vi.fn((id: string) => {
      withMedia.delete(id);
    }),
    has: (id: string) => withMedia.has(id),
    get size() {
      return withMedia.size;
    },
    stats: () => undefined,
  };
  const rooms = { openRoom: vi.fn(), applyRoom: vi.fn(), closeRoom: vi.fn() };
  const parts = {
    config: {
      clock,
      ids: seededIds(1),
      logger: silentLogger,
      maxCalls: 10,
      retryAfterS: 5,
      mediaPorts: 100,
      limits: {},
      waiting: { max: 0, maxMs: 30_000 },
      preempt: false,
      resourcePriority: false,
      answerTimeoutMs: 60_000,
      shutdownTimeoutMs: 1000,
      ...overrides,
    },
    dialog: { manager: { ...dialog, listeners: [], size: 0, counts: () => ({}) }, close: vi.fn(async () => {}) },
    media: { manager: media, rooms, counts: () => ({}), close: vi.fn(async () => {}) },
  };
  const manager = new SessionManager(parts as unknown as ManagerParts);
  const events: SessionEvent[] = [];
  manager.events.subscribe((event) => events.push(event));
  const kinds = (): string[] => events.map((event) => (event.type === 'stateChanged' ? event.to.kind : event.type));
  return { clock, told, dialog, media, rooms, parts, manager, events, kinds };
}

const fact = (by: 'remote-bye' | 'local-bye'): DialogFact => ({ type: 'ended', by, reason: undefined });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('SessionManager', () => {
  it('places a call: route, media, offer, ACK, audio', async () => {
    const { manager, told, media, kinds } = harness();
    const id = manager.createSession(outgoing);
    const connected = manager.whenConnected(id);
    manager.handleFact(id, { type: 'routed', route, callId: 'c1' });
    manager.handleFact(id, {
      type: 'progress',
      status: 180,
      reason: 'Ringing',
      description: undefined,
      message: undefined,
    });
    manager.handleFact(id, { type: 'answered', description: sdp, message: undefined });
    await connected;
    expect(told).toEqual(['createSession', 'offerSession', 'ackSession']);
    expect(media.createMedia).toHaveBeenCalledOnce();
    expect(media.allowSend).toHaveBeenCalledOnce();
    expect(kinds()).toEqual(['Ringing', 'progress', 'Active']);
  });

  it('answers a call when its user says so, and settles with the ACK', async () => {
    const { manager, told, media, kinds } = harness();
    manager.handleFact('s1', incoming);
    const accepted = manager.acceptSession('s1');
    expect(told).toEqual(['acceptSession']);
    expect(media.allowSend).not.toHaveBeenCalled();
    manager.handleFact('s1', { type: 'acked', description: undefined });
    await accepted;
    expect(media.allowSend).toHaveBeenCalledOnce();
    expect(kinds()).toEqual(['incoming', 'Active']);
  });

  it('gives everything back at the end, in one step', async () => {
    const { manager, rooms, kinds } = harness();
    manager.handleFact('s1', incoming);
    const accepted = manager.acceptSession('s1');
    manager.handleFact('s1', { type: 'acked', description: undefined });
    await accepted;
    manager.rooms.open('r', {});
    manager.joinRoom('r', 's1');
    manager.handleFact('s1', fact('remote-bye'));
    expect(kinds().slice(-3)).toEqual(['Terminated', 'leftRoom', 'ended']);
    expect(rooms.applyRoom.mock.calls.at(-1)?.[1]).toEqual([{ op: 'remove', sessionId: 's1' }]);
    const counts = manager.counts();
    expect(counts).toMatchObject({ sessions: 0, deadlines: 0, streams: 0 });
    expect(counts.resources.every(({ used }) => used === 0)).toBe(true);
  });

  it('refuses callers past the limit with 503 and Retry-After, and forgets them', () => {
    const { manager, dialog, told } = harness({ maxCalls: 1 });
    manager.handleFact('s1', incoming);
    manager.handleFact('s2', incoming);
    expect(manager.size).toBe(1);
    expect(told).toEqual(['rejectSession 503', 'forgetSession']);
    expect(dialog.rejectSession?.mock.calls[0]?.[2]).toEqual({ headers: [['Retry-After', '5']] });
    expect(() => manager.createSession(outgoing)).toThrow(expect.objectContaining({ code: 'ERR_LIMIT', status: 503 }));
  });

  it('rejects with 503 when no port is left and with the status of a description that cannot be used', async () => {
    const { manager, told } = harness({ mediaPorts: 1 });
    manager.handleFact('s1', incoming);
    await expect(manager.acceptSession('s1')).rejects.toMatchObject({ status: 503, code: 'ERR_NO_PORTS' });
    expect(told[0]).toBe('rejectSession 503');

    const other = harness();
    other.media.answerMedia.mockImplementation(() => {
      throw new MediaError('ERR_NO_COMMON_CODEC', 'stream 1: no common codec', 488);
    });
    other.manager.handleFact('s1', incoming);
    await expect(other.manager.acceptSession('s1')).rejects.toMatchObject({ status: 488, code: 'ERR_NO_COMMON_CODEC' });
    expect(other.manager.counts()).toMatchObject({ sessions: 0, streams: 0 });
  });

  it('answers 480 for a call that nobody decides about', async () => {
    const { manager, clock, told } = harness();
    manager.handleFact('s1', incoming);
    await clock.advance(59_999);
    expect(told).toEqual([]);
    await clock.advance(2);
    expect(told[0]).toBe('rejectSession 480');
    expect(clock.pending).toBe(0);
  });

  it('ends a session whose peer never confirms', async () => {
    const { manager, clock } = harness();
    const id = manager.createSession(outgoing);
    manager.whenConnected(id).catch(() => {});
    const ended = manager.terminateSession(id);
    await clock.advance(40_001);
    await ended;
    expect(manager.size).toBe(0);
  });

  it('tells who accepts that the caller hung up before its ACK', async () => {
    const { manager } = harness();
    manager.handleFact('s1', incoming);
    const accepted = manager.acceptSession('s1');
    manager.handleFact('s1', fact('remote-bye'));
    await expect(accepted).rejects.toMatchObject({ code: 'ERR_CANCELLED', status: 487 });
  });

  it('rejects the verb that cannot be, and only that', async () => {
    const { manager } = harness();
    manager.handleFact('s1', incoming);
    const first = manager.acceptSession('s1');
    await expect(manager.acceptSession('s1')).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await expect(manager.holdSession('s1')).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    manager.handleFact('s1', { type: 'acked', description: undefined });
    await first;
    expect(() => manager.ringSession('s1')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    await expect(manager.holdSession('nobody')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('answers a re-INVITE it cannot use and keeps the call', async () => {
    const { manager, media, told } = harness();
    manager.handleFact('s1', incoming);
    const accepted = manager.acceptSession('s1');
    manager.handleFact('s1', { type: 'acked', description: undefined });
    await accepted;
    media.answerMedia.mockImplementationOnce(() => {
      throw new MediaError('ERR_INVALID_SDP', 'SDP line 2', 400);
    });
    manager.handleFact('s1', { type: 'reoffered', description: sdp, message: undefined });
    expect(told.at(-1)).toBe('answerReoffer 400');
    manager.handleFact('s1', { type: 'reoffered', description: sdp, message: undefined });
    expect(told.at(-1)).toBe('answerReoffer 200');
    expect(manager.get('s1')?.state.kind).toBe('Active');
  });

  it('drops late facts and counts those that the table refuses', () => {
    const { manager } = harness();
    manager.handleFact('nobody', fact('remote-bye'));
    manager.handleFact('s1', incoming);
    manager.handleFact('s1', { type: 'reofferRetry' });
    expect(manager.counts().refusedFacts).toBe(1);
    expect(manager.get('s1')?.state.kind).toBe('Initiating');
  });

  it('closes in order and in bounded time, refusing new calls', async () => {
    const { manager, clock, parts, told } = harness();
    manager.handleFact('s1', incoming);
    const accepted = manager.acceptSession('s1');
    manager.handleFact('s1', { type: 'acked', description: undefined });
    await accepted;
    const closed = manager.close();
    manager.handleFact('s2', incoming);
    expect(told).toContain('rejectSession 503');
    expect(() => manager.createSession(outgoing)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    await clock.advance(1001);
    await closed;
    expect(manager.size).toBe(0);
    expect(parts.dialog.close).toHaveBeenCalledOnce();
    expect(parts.media.close).toHaveBeenCalledOnce();
    expect(manager.close()).toBe(manager.close());
  });
});
