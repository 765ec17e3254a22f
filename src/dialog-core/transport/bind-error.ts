/** Why a listener could not be bound, in words for whoever chose its address. Pure; called by udp.ts and streams.ts. */
import { isIPv6 } from 'node:net';
import { SessionError } from '../../base/errors.js';
import type { SocketAddress } from '../types.js';

export function bindError(
  protocol: 'UDP' | 'TCP',
  error: NodeJS.ErrnoException,
  { address, port }: SocketAddress,
): SessionError {
  const where = isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
  const options = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE':
      return new SessionError(
        'ERR_ADDRESS_IN_USE',
        `${protocol} address ${where} is in use by another program`,
        options,
      );
    case 'EADDRNOTAVAIL':
      return new SessionError('ERR_ADDRESS_NOT_AVAILABLE', `${address} is not an address of this machine`, options);
    case 'EACCES':
      return new SessionError(
        'ERR_TRANSPORT',
        `${protocol} address ${where} may not be bound without privileges`,
        options,
      );
    default:
      return new SessionError(
        'ERR_TRANSPORT',
        `${protocol} address ${where} could not be bound: ${error.message}`,
        options,
      );
  }
}
