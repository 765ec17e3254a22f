/**
 * Placing a call: from the verb to the answer, with abort, timeout and progress. Used by Sessions.call.
 */
import { SessionError } from '../base/errors.js';
import { redirectTargets, type SessionManager } from '../manager/index.js';
import type { Party, ReasonValue } from '../session/index.js';
import { Call } from './call.js';
import { answeredElsewhere, hunt } from './hunt.js';
import type { CallOptions } from './options.js';
import { SipError, toSipError } from './types.js';

interface Dialled {
  readonly target: string;
  readonly from: Party;
  readonly options: CallOptions;
  /** What a CANCEL says when `signal` is aborted. */
  readonly cancelReason?: ReasonValue | undefined;
}

/** Longest list of targets and longest chain of redirections: what a peer can make us try. */
const maxTargets = 32;

/** Calls one target, or hunts for the first of several to answer; follows redirections as far as the options say. */
export async function dial(
  manager: SessionManager,
  { target, from, options }: { target: string | readonly string[]; from: Party; options: CallOptions },
  onCall: (call: Call) => void,
): Promise<Call> {
  if (typeof target !== 'string') {
    if (target.length > maxTargets)
      throw new SessionError('ERR_INVALID_ARGUMENT', `${target.length} targets are more than ${maxTargets}`);
    const { ring = 'series', ringMs = 20_000, signal } = options;
    return hunt(manager, `hunt:${manager.nextId()}`, target, { ring, ringMs, signal }, (attempt) => {
      const { timeoutMs = options.timeoutMs } = attempt;
      const each = { ...options, signal: attempt.signal, timeoutMs };
      return dialOne(
        manager,
        { target: attempt.target, from, options: each, cancelReason: answeredElsewhere },
        (call) => {
          onCall(call);
          attempt.onCall(call);
        },
      );
    });
  }
  return dialOne(manager, { target, from, options }, onCall);
}

async function dialOne(manager: SessionManager, dialled: Dialled, onCall: (call: Call) => void): Promise<Call> {
  const { maxRedirects = 0 } = dialled.options;
  const tried = new Set([dialled.target]);
  const next = [dialled.target];
  let redirects = 0;
  for (let target = next.shift(); ; target = next.shift()) {
    if (target === undefined) throw new SessionError('ERR_INTERNAL', 'there was no target to call');
    try {
      return await placeCall(manager, { ...dialled, target }, onCall);
    } catch (error) {
      if (error instanceof SipError && error.status < 400 && redirects < maxRedirects) {
        redirects += 1;
        // RFC 3261 8.1.3.4: no target is tried twice; new ones come before those that are left.
        const fresh = redirectTargets(error.response)
          .filter((uri) => !tried.has(uri))
          .slice(0, maxTargets - tried.size);
        for (const uri of fresh) tried.add(uri);
        next.unshift(...fresh);
      }
      if (next.length === 0 || dialled.options.signal?.aborted || !(error instanceof SipError)) throw error;
    }
  }
}

/** @param onCall called with the new call before anything can happen to it. */
async function placeCall(manager: SessionManager, dialled: Dialled, onCall: (call: Call) => void): Promise<Call> {
  const { options, target, from } = dialled;
  if (options.signal?.aborted) throw new SessionError('ERR_ABORTED', 'aborted before the call was placed');
  const call = start(manager, { target, from, options });
  onCall(call);
  let gaveUp: SessionError | undefined;
  const giveUp = (error: SessionError, reason?: ReasonValue): void => {
    gaveUp ??= error;
    void manager.terminateSession(call.id, reason);
  };
  const stops = [watchProgress(manager, call.id, options.onProgress)];
  const abort = (): void =>
    giveUp(
      new SessionError('ERR_ABORTED', 'the call was aborted', { cause: options.signal?.reason }),
      dialled.cancelReason,
    );
  options.signal?.addEventListener('abort', abort, { once: true });
  stops.push(() => options.signal?.removeEventListener('abort', abort));
  if (options.timeoutMs !== undefined) {
    const late = new SessionError('ERR_TIMEOUT', `no answer within ${options.timeoutMs} ms`);
    stops.push(manager.clock.after(options.timeoutMs, () => giveUp(late)));
  }
  try {
    await manager.whenConnected(call.id);
    return call;
  } catch (error) {
    throw gaveUp ?? toSipError(error);
  } finally {
    for (const stop of stops) stop();
  }
}

function start(manager: SessionManager, { target, from, options }: Dialled): Call {
  try {
    const headers = options.headers ?? [];
    const auth = options.auth ?? options.via?.auth;
    const { via, proxy, focus, reliable, parts, codecs } = options;
    const serviceRoute = via && via.serviceRoute.length > 0 ? via.serviceRoute : undefined;
    const { route = serviceRoute } = options;
    const contact = via?.publicGruu;
    const params = { target, from, headers, proxy, route, contact, focus, auth, reliable, parts };
    const id = manager.createSession(params, options.priority, { codecs });
    const session = manager.get(id);
    if (!session) throw new SessionError('ERR_INTERNAL', 'the session was not entered');
    return new Call(manager, session);
  } catch (error) {
    throw toSipError(error);
  }
}

function watchProgress(manager: SessionManager, id: string, onProgress: CallOptions['onProgress']): () => void {
  if (!onProgress) return () => {};
  return manager.events.subscribe((event) => {
    if (event.type === 'progress' && event.sessionId === id) onProgress({ status: event.status, reason: event.reason });
  });
}
