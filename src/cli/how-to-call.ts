/**
 * Which addresses a caller can dial to reach a listener; on a wildcard, concrete ones of this machine. Pure; `mixminus serve` prints them.
 */
import { type ListenUrl, parseListen } from '../server/index.js';

/** Shape of os.networkInterfaces(), as far as it is read. */
export type Interfaces = Readonly<
  Record<
    string,
    readonly { readonly address: string; readonly family: string; readonly internal: boolean }[] | undefined
  >
>;

export interface CallAddress {
  /** Who can use it. */
  readonly from: string;
  readonly uri: string;
}

const exampleRoom = 'lobby';

/** One line a listener and reach, the machine's own first; without repetitions. */
export function callAddresses(
  listen: readonly string[],
  advertise: string | undefined,
  interfaces: Interfaces,
): CallAddress[] {
  const found = listen.flatMap((url) => {
    const parsed = parseListen(url);
    return 'problem' in parsed ? [] : addressesOf(parsed, advertise, interfaces);
  });
  return found.filter((address, index) => found.findIndex(({ uri }) => uri === address.uri) === index);
}

function addressesOf(
  { transport, address, port }: ListenUrl,
  advertise: string | undefined,
  interfaces: Interfaces,
): CallAddress[] {
  const over = transport === 'udp' ? '' : `;transport=${transport}`;
  const uri = (host: string): string => `sip:${exampleRoom}@${host.includes(':') ? `[${host}]` : host}:${port}${over}`;
  const advertised = advertise === undefined ? [] : [{ from: 'from outside', uri: uri(advertise) }];
  if (address !== '0.0.0.0' && !/^[0:]+$/.test(address)) {
    const loopback = address.startsWith('127.') || address === '::1';
    return [{ from: loopback ? 'from this machine only' : 'from the network', uri: uri(address) }, ...advertised];
  }
  const family = address === '0.0.0.0' ? 'IPv4' : 'IPv6';
  const own = { from: 'from this machine', uri: uri(family === 'IPv4' ? '127.0.0.1' : '::1') };
  const external = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    // A link-local address (RFC 4291 2.5.6) means nothing without its interface.
    .find((entry) => entry.family === family && !entry.internal && !entry.address.startsWith('fe80'));
  const outer = external ? [{ from: 'from the network', uri: uri(external.address) }] : [];
  return [own, ...outer, ...advertised];
}
