/**
 * A back-to-back user agent in one verb: an incoming call and one that is placed for it, joined, and ended together. Each side has a
 * dialog of its own; headers, progress, refusals and reasons are carried over as far as the options say.
 */
import type { SessionError } from '../base/errors.js';
import type { ExtraHeaders, ReasonValue } from '../session/index.js';
import type { TwoPartyBridge } from './bridge.js';
import type { Call } from './call.js';
import type { IncomingCall } from './incoming-call.js';
import type { CallOptions } from './options.js';
import type { Sessions } from './sessions.js';
import { SipError } from './types.js';

export interface ConnectOptions {
  /** Of the call that is placed; its From is the caller's unless `from` is given. */
  readonly call?: CallOptions | undefined;
  /** Names of headers that are copied from the INVITE as they are; default none. */
  readonly passHeaders?: readonly string[] | undefined;
  /** Further headers, made from the INVITE. */
  readonly headers?: ((incoming: IncomingCall) => ExtraHeaders) | undefined;
  /**
   * What becomes of a transfer that either side asks for: `follow` calls the new target and joins it with the side that stays, `decline`
   * (603) leaves everything as it is. Default 'follow'.
   */
  readonly refer?: 'follow' | 'decline' | undefined;
  /**
   * Digits of one side are sent on to the other: as telephone events, or by INFO where those were not negotiated. A digit is sent when it
   * has ended. Default true.
   */
  readonly dtmf?: boolean | undefined;
}

/** Two calls that are joined and end together. */
export interface Connection {
  /** Who called us; after a transfer whoever took the place. */
  readonly caller: Call;
  /** Whom we called; after a transfer whoever took the place. */
  readonly callee: Call;
  readonly bridge: TwoPartyBridge;
  /** Resolves when both calls are over. */
  readonly ended: Promise<void>;
}

/** What an INVITE is refused with when the call placed for it fails by one of these: they are between us and the callee. */
const ownBusiness: Readonly<Record<number, number>> = { 401: 403, 407: 403, 482: 500, 483: 500 };

/**
 * Calls `target` for `incoming` and joins the two. Progress (101–199) goes to the caller as it comes, without early media. Resolves when
 * both are established. When the callee cannot be had the caller gets its status (a redirection becomes 480, a challenge 403, a local
 * cause the nearest status), and the promise rejects with what {@link Sessions.call} rejected with. A caller who gives up cancels the
 * call that rings.
 */
export async function connect(
  sessions: Sessions,
  incoming: IncomingCall,
  target: string | readonly string[],
  options: ConnectOptions = {},
): Promise<Connection> {
  const callee = await callFor(sessions, incoming, target, options);
  let caller: Call;
  try {
    caller = await incoming.accept();
  } catch (error) {
    await callee.hangup();
    throw error;
  }
  try {
    return join(sessions, caller, callee, options);
  } catch (error) {
    await Promise.all([caller.hangup(), callee.hangup()]);
    throw error;
  }
}

async function callFor(
  sessions: Sessions,
  incoming: IncomingCall,
  target: string | readonly string[],
  { call = {}, passHeaders = [], headers }: ConnectOptions,
): Promise<Call> {
  const copied = passHeaders.flatMap((name) =>
    incoming.message.headerValues(name).map((value): [string, string] => [name, value]),
  );
  const onProgress = (progress: { status: number; reason: string }): void => {
    if (!incoming.decided) incoming.ring(progress.status);
    call.onProgress?.(progress);
  };
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  const signals = call.signal ? [incoming.signal, call.signal] : [incoming.signal];
  for (const signal of signals) {
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  }
  try {
    return await sessions.call(target, {
      from: incoming.from.uri,
      displayName: incoming.from.displayName,
      ...call,
      headers: [...(call.headers ?? []), ...copied, ...(headers?.(incoming) ?? [])],
      signal: stop.signal,
      onProgress,
    });
  } catch (error) {
    if (!incoming.decided) refuse(incoming, error);
    throw error;
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', abort);
  }
}

function refuse(incoming: IncomingCall, error: unknown): void {
  if (!(error instanceof SipError)) {
    incoming.reject((error as SessionError).code === 'ERR_TIMEOUT' ? 408 : 500);
    return;
  }
  const status = error.status < 400 ? 480 : (ownBusiness[error.status] ?? error.status);
  const { reason, retryAfterS } = error;
  const asItIs = status === error.status && error.response !== undefined;
  incoming.reject(status, { ...(asItIs && { reason }), ...(retryAfterS !== undefined && { retryAfterS }) });
}

/** A digit that the other side does not take is lost: the call goes on without it. */
async function sendOn(to: Call, digit: string): Promise<void> {
  try {
    await to.sendDtmf(digit);
  } catch (error) {
    if ((error as SessionError).code === 'ERR_NOT_NEGOTIATED')
      await to.sendDtmf(digit, { via: 'info' }).catch(() => {});
  }
}

function join(
  sessions: Sessions,
  caller: Call,
  callee: Call,
  { refer = 'follow', dtmf = true }: ConnectOptions,
): Connection {
  const bridge = sessions.bridge(caller, callee);
  const sides: [Call, Call] = [caller, callee];
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const watch = (side: 0 | 1): void => {
    const call = sides[side];
    call.events.on('transferRequest', (request) => {
      // A transfer that fails leaves both calls as they are; the one who asked has been told.
      if (refer === 'follow') request.accept().catch(() => {});
      else request.reject();
    });
    if (dtmf) call.events.on('dtmf', (digit) => void sendOn(sides[side === 0 ? 1 : 0], digit));
    call.events.on('replaced', (by) => {
      sides[side] = by;
      watch(side);
    });
    void call.finished.then(({ reason }) => {
      if (sides[side] !== call) return;
      const other = sides[side === 0 ? 1 : 0];
      if (other.endReason) end();
      else void other.hangup({ ...(reason && { reason: reason as ReasonValue }) }).then(end, end);
    });
  };
  watch(0);
  watch(1);
  return {
    get caller() {
      return sides[0];
    },
    get callee() {
      return sides[1];
    },
    bridge,
    ended,
  };
}
