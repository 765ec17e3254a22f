/**
 * Puts the two layers and the manager together. The only place that knows how each layer is made; called by api/sessions.ts.
 */
import { DialogBuilder, type DialogLayer } from '../dialog/index.js';
import { type MediaLayer, openMediaLayer } from '../media/index.js';
import type { SessionFact, SessionId } from '../session/index.js';
import { type ManagerConfig, type ManagerOptions, toManagerConfig } from './config.js';
import { SessionManager } from './session-manager.js';

export interface ManagerParts {
  readonly config: ManagerConfig;
  readonly dialog: DialogLayer;
  readonly media: MediaLayer;
}

/**
 * A running manager: listeners bound, media threads started. Rejects with ERR_CONFIG, ERR_ADDRESS_IN_USE, ERR_ADDRESS_NOT_AVAILABLE,
 * ERR_NO_BINARY, ERR_FILE_DESCRIPTORS or ERR_NO_PORTS, and then nothing is left bound or running.
 */
export async function createSessionManager(options: ManagerOptions = {}): Promise<SessionManager> {
  const config = toManagerConfig(options);
  let manager: SessionManager | undefined;
  const early: [string, string][] = [];
  const sink = {
    fact: (sessionId: SessionId, fact: SessionFact) => manager?.handleFact(sessionId, fact),
    warning(code: string, message: string) {
      config.logger.warn({ code }, message);
      if (manager) manager.warnings.emit('warning', code, message);
      else early.push([code, message]);
    },
  };
  const dialog = new DialogBuilder().options(config.dialog).build(sink);
  const media = openMediaLayer(config.media, sink);
  manager = new SessionManager({ config, dialog, media });
  for (const [code, message] of early) manager.warnings.emit('warning', code, message);
  try {
    await dialog.start();
  } catch (error) {
    await media.close();
    throw error;
  }
  return manager;
}
