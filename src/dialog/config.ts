/**
 * Session terms → the core's terms: listen URLs, the parameters of an outgoing call, extra headers. Pure; used by the builder and by
 * DialogManager.
 */
import { isIP } from 'node:net';
import { SessionError } from '../base/errors.js';
import {
  type Body,
  checkHeaders,
  type DialogCoreConfig,
  type HeaderList,
  type InviteParams,
  type ListenAddress,
  parseUri,
  printMultipart,
  type SipUri,
} from '../dialog-core/index.js';
import type { Description, ExtraHeaders, MessagePart, OutgoingParams } from '../session/index.js';
import type { DialogOptions } from './types.js';

/** Headers that the core writes itself; letting a caller add a second one would make an invalid message. */
const ownHeaders = new Set(
  'via v from f to t call-id i cseq contact m max-forwards content-length l content-type c route record-route user-agent server'.split(
    ' ',
  ),
);

export class DialogConfigConverter {
  toCoreConfig(options: DialogOptions): DialogCoreConfig {
    const { listen, advertise, ...rest } = options;
    if (advertise !== undefined && isIP(advertise) === 0)
      throw new SessionError('ERR_CONFIG', `advertise: '${advertise}' is not a numeric IP address`);
    return { ...rest, advertise, listen: (listen ?? ['udp://0.0.0.0:5060']).map(toListenAddress) };
  }

  toInviteParams(params: OutgoingParams): InviteParams {
    return {
      target: toUri(params.target),
      from: { displayName: params.from.displayName, uri: toUri(params.from.uri) },
      headers: toHeaders(params.headers),
      proxy: params.proxy === undefined ? undefined : toUri(params.proxy),
      route: params.route,
      focus: params.focus,
      contact: params.contact === undefined ? undefined : toUri(params.contact),
      auth: params.auth,
      reliable: params.reliable,
    };
  }
}

/** Throws ERR_INVALID_URI unless `text` is a sip: or sips: URI. */
export function toUri(text: string): SipUri {
  const uri = parseUri(text);
  if (!uri) throw new SessionError('ERR_INVALID_URI', `'${text}' is not a valid SIP URI (sip:user@host)`);
  if (uri.scheme !== 'sip' && uri.scheme !== 'sips')
    throw new SessionError('ERR_INVALID_URI', `'${text}': only sip: and sips: URIs can be called`);
  return uri;
}

/**
 * Throws ERR_INVALID_HEADER for headers that the stack owns or that cannot be written. Contact is the user's in responses that say where
 * else to try: 3xx and 485 (RFC 3261 table 2).
 *
 * @param status of the response that the headers are for; undefined for a request.
 */
export function toHeaders(headers: ExtraHeaders, status?: number): HeaderList {
  const contactAllowed = status !== undefined && ((status >= 300 && status < 400) || status === 485);
  for (const [name] of headers) {
    const key = name.toLowerCase();
    const isContact = key === 'contact' || key === 'm';
    if (ownHeaders.has(key) && !(isContact && contactAllowed))
      throw new SessionError('ERR_INVALID_HEADER', `header '${name}' is written by the stack and cannot be set`);
  }
  checkHeaders(headers, contactAllowed);
  return headers;
}

export function toBody(description: Description | undefined, parts: readonly MessagePart[] = []): Body | undefined {
  if (parts.length === 0) return description && { contentType: description.contentType, data: description.data };
  return printMultipart(description ? [description, ...parts] : parts);
}

/** RFC 3261 19.1.2, RFC 7118 5.3. */
const standardPorts: Readonly<Record<ListenAddress['transport'], number>> = {
  udp: 5060,
  tcp: 5060,
  tls: 5061,
  ws: 80,
  wss: 443,
};

/** `udp://192.0.2.1:5060`, `tcp://[2001:db8::1]:5060`, `tls://…`, `ws://…`, `wss://…`; the port may be left out. Throws ERR_CONFIG with what is wrong. */
export function toListenAddress(url: string): ListenAddress {
  const match = /^([a-z]+):\/\/(\[[^\]]+\]|[^:/[\]]+)(?::(\d{1,5}))?\/?$/i.exec(url.trim());
  const wrong = (what: string): SessionError =>
    new SessionError(
      'ERR_CONFIG',
      `listen address '${url}': ${what}; write it as udp://IP:PORT, for example udp://0.0.0.0:5060`,
    );
  if (!match) throw wrong('not a listen address');
  const [, scheme, host, portText] = match as unknown as [string, string, string, string | undefined];
  const transport = scheme.toLowerCase();
  if (!Object.hasOwn(standardPorts, transport))
    throw wrong(`transport '${scheme}' is not available; udp, tcp, tls, ws and wss are`);
  const address = host.startsWith('[') ? host.slice(1, -1) : host;
  const family = isIP(address);
  if (family === 0) throw wrong(`'${address}' is not a numeric IP address`);
  if (family === 6 && !host.startsWith('[')) throw wrong('an IPv6 address needs brackets');
  const known = transport as ListenAddress['transport'];
  const port = portText === undefined ? standardPorts[known] : Number(portText);
  if (port > 65_535) throw wrong(`port ${port} is past 65535`);
  return { transport: known, address, port };
}
