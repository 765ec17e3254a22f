/**
 * Registrations: session terms → the core's terms. One-sided, since media knows no registrar. Pure; used by DialogManager.
 */
import type { RegisterParams } from '../dialog-core/index.js';
import { toUri } from './config.js';
import type { RegisterOptions } from './types.js';

/** Throws ERR_INVALID_URI unless both addresses are sip: URIs. */
export function toRegisterParams({ aor, registrar, ...rest }: RegisterOptions): RegisterParams {
  return { ...rest, aor: toUri(aor), registrar: registrar === undefined ? undefined : toUri(registrar) };
}
