/**
 * Takes the secrets out of a message's bytes: what digest authentication proves passwords with (RFC 7616), keys of SRTP (RFC 4568) and
 * passwords of ICE. Each is overwritten in place by as many `x`, so that lengths stay true. Pure; called where messages are shown.
 */

/** Header lines with their continuation lines, anywhere: bodies hold messages, too (RFC 3420). */
const headers =
  /^((?:proxy-)?authorization|(?:www|proxy)-authenticate|(?:proxy-)?authentication-info)([ \t]*:[ \t]*)(.*(?:\r?\n[ \t].*)*)/gim;
const secrets = /\b((?:next)?nonce|cnonce|response|opaque|rspauth)(\s*=\s*)("(?:[^"\\]|\\[\s\S])*(?:"|$)|[^\s,"]+)/gi;
const keys = /^(a=crypto:.*?inline:|a=ice-pwd:)([^\s|;]+)/gim;
const keysAgain = /(;\s*inline:)([^\s|;]+)/gi;
const mayHold = /authoriz|authentic|a=crypto|a=ice-pwd/i;

/** A copy without secrets; lengths and everything else stay. */
export function redact(data: Uint8Array): Buffer {
  const text = Buffer.from(data).toString('latin1');
  if (!mayHold.test(text)) return Buffer.from(data);
  const clean = text
    .replace(headers, (_line, name: string, colon: string, value: string) => name + colon + redactValue(value))
    .replace(keys, (_all, before: string, key: string) => before + mask(key))
    .replace(/^a=crypto:.*$/gim, (line) =>
      line.replace(keysAgain, (_all, before: string, key: string) => before + mask(key)),
    );
  return Buffer.from(clean, 'latin1');
}

function redactValue(value: string): string {
  const [scheme = ''] = /^\S*/.exec(value) ?? [];
  // What other schemes carry is the secret itself (RFC 7617, RFC 8898).
  if (scheme.toLowerCase() !== 'digest' && !value.includes('=')) return scheme + mask(value.slice(scheme.length));
  if (/^(basic|bearer)$/i.test(scheme)) return scheme + mask(value.slice(scheme.length));
  return value.replace(
    secrets,
    (_all, name: string, equals: string, secret: string) => name + equals + maskQuoted(secret),
  );
}

function maskQuoted(text: string): string {
  return text.startsWith('"')
    ? `"${mask(text.slice(1, text.endsWith('"') && text.length > 1 ? -1 : undefined))}${text.endsWith('"') && text.length > 1 ? '"' : ''}`
    : mask(text);
}

function mask(text: string): string {
  return text.replace(/[^\s]/g, 'x');
}
