/** How the library is started. */
import { SessionError } from '../base/errors.js';
import { createSessionManager } from '../manager/index.js';
import { toCallHandler } from './handlers.js';
import type { SessionsOptions } from './options.js';
import { Sessions } from './sessions.js';

/**
 * Starts the library: binds the listeners and starts the media threads. Rejects with ERR_CONFIG (naming the option),
 * ERR_ADDRESS_IN_USE, ERR_ADDRESS_NOT_AVAILABLE, ERR_NO_BINARY, ERR_FILE_DESCRIPTORS or ERR_NO_PORTS.
 */
export async function createSessions(options: SessionsOptions = {}): Promise<Sessions> {
  const { onIncomingCall, onMessage, onRequest = {}, onSubscribe = {}, ...rest } = options;
  if (options.registrar && onRequest.REGISTER)
    throw new SessionError('ERR_CONFIG', 'registrar: onRequest takes REGISTER already');
  const manager = await createSessionManager(rest);
  const sessions = new Sessions(manager, {
    handler: onIncomingCall && toCallHandler(onIncomingCall),
    advertise: options.advertise,
    isRegistrar: options.registrar !== undefined,
  });
  try {
    for (const [method, listener] of Object.entries({ ...onRequest, ...(onMessage && { MESSAGE: onMessage }) }))
      sessions.serve(method, listener);
    for (const [event, listener] of Object.entries(onSubscribe)) sessions.serveEvent(event, listener);
  } catch (error) {
    await sessions.close();
    throw error;
  }
  return sessions;
}
