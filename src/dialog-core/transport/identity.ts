/**
 * Whether a certificate proves a name (RFC 5922 7). Pure; called by tls.ts and ws.ts once the chain has been found good. Names are those of
 * the certificate's subjectAltName; the Common Name counts in certificates without one alone (7.1).
 */
import { isIP } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import { parseUri } from '../message/index.js';

export interface IdentityOptions {
  /** RFC 5922 7.2 forbids `*.example.com`; many providers have such certificates all the same. */
  readonly wildcards?: boolean | undefined;
}

type Named = Pick<PeerCertificate, 'subject' | 'subjectaltname'>;

/** Undefined when the certificate is one of `name`, a domain or a numeric address; otherwise what is wrong. */
export function checkIdentity(name: string, certificate: Named, options: IdentityOptions = {}): Error | undefined {
  const wanted = name.toLowerCase().replace(/\.$/, '');
  const { subjectaltname } = certificate;
  const alternatives = splitNames(subjectaltname ?? '');
  const all = subjectaltname === undefined ? commonNames(certificate) : identities(alternatives);
  if (isIP(wanted) !== 0) {
    // RFC 5922 speaks of domains; who was called by an address has to prove that (RFC 2818 3.1).
    const addresses = alternatives.filter(([kind]) => kind === 'IP Address').map(([, value]) => value);
    return addresses.some((each) => isSameAddress(each, wanted)) ? undefined : refusal(name, addresses);
  }
  return all.some((each) => isSameName(each, wanted, options)) ? undefined : refusal(name, all);
}

/** SIP URIs where there are any, else DNS names (7.1). A URI with a user part is somebody's, not a domain's. */
function identities(alternatives: readonly (readonly [kind: string, value: string])[]): string[] {
  const uris = alternatives
    .filter(([kind, value]) => kind === 'URI' && /^sips?:/i.test(value))
    .map(([, value]) => parseUri(value));
  const sip = uris.filter((uri) => uri?.scheme === 'sip');
  if (sip.length > 0) return sip.flatMap((uri) => (uri && uri.user === undefined ? [uri.host.toLowerCase()] : []));
  return alternatives.filter(([kind]) => kind === 'DNS').map(([, value]) => value.toLowerCase());
}

function commonNames({ subject }: Named): string[] {
  const names: string | string[] | undefined = subject?.CN;
  return [names ?? []].flat().map((each) => each.toLowerCase());
}

function isSameName(given: string, wanted: string, { wildcards = false }: IdentityOptions): boolean {
  if (given.replace(/\.$/, '') === wanted) return true;
  return wildcards && /^\*\.[^*]+\.[^*]+$/.test(given) && given.slice(1) === wanted.slice(wanted.indexOf('.'));
}

function isSameAddress(given: string, wanted: string): boolean {
  return given === wanted || (isIP(given) === 6 && canonical(given) === canonical(wanted));
}

/** Every spelling of an IPv6 address becomes one. */
function canonical(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname : address;
}

/** `DNS:a, URI:"sip:b,c"`: values that hold a comma stand in quotes, as JSON has them. */
function splitNames(text: string): [kind: string, value: string][] {
  const parts = text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return parts.flatMap((part): [string, string][] => {
    const colon = part.indexOf(':');
    const value = part.slice(colon + 1).trim();
    return colon < 0 ? [] : [[part.slice(0, colon).trim(), value.startsWith('"') ? unquote(value) : value]];
  });
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

function refusal(name: string, proved: readonly string[]): Error {
  const list = proved.length === 0 ? 'no name that counts' : proved.join(', ');
  return new Error(`the certificate is for ${list}, not for ${name} (RFC 5922 7)`);
}
