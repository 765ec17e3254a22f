/**
 * Placing a call: from the verb to the answer, with abort, timeout and progress. Used by Sessions.call.
 */
import { SessionError } from '../base/errors.js';
import type { SessionManager } from '../manager/index.js';
import type { Party } from '../session/index.js';
import { Call } from './call.js';
import type { CallOptions } from './options.js';
import { toSipError } from './types.js';

interface Dialled {
  readonly target: string;
  readonly from: Party;
  readonly options: CallOptions;
}

/** @param onCall called with the new call before anything can happen to it. */
export async function placeCall(
  manager: SessionManager,
  dialled: Dialled,
  onCall: (call: Call) => void,
): Promise<Call> {
  const { options, target, from } = dialled;
  if (options.signal?.aborted) throw new SessionError('ERR_ABORTED', 'aborted before the call was placed');
  const call = start(manager, { target, from, options });
  onCall(call);
  let gaveUp: SessionError | undefined;
  const giveUp = (error: SessionError): void => {
    gaveUp ??= error;
    void manager.terminateSession(call.id);
  };
  const stops = [watchProgress(manager, call.id, options.onProgress)];
  const abort = (): void =>
    giveUp(new SessionError('ERR_ABORTED', 'the call was aborted', { cause: options.signal?.reason }));
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
    const id = manager.createSession({
      target,
      from,
      headers,
      proxy: options.proxy,
      auth: options.auth ?? options.via?.auth,
    });
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
