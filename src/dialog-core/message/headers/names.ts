/**
 * The header names that the stack knows: a small number for each, its compact form (RFC 3261 7.3.3), and whether its value is a comma list.
 * Pure tables; the parser asks by bytes, the message views by string. Unknown names have number 0 and are compared as text.
 */

export const UNKNOWN = 0;
export const VIA = 1;
export const FROM = 2;
export const TO = 3;
export const CALL_ID = 4;
export const CSEQ = 5;
export const CONTACT = 6;
export const CONTENT_LENGTH = 7;
export const CONTENT_TYPE = 8;
export const MAX_FORWARDS = 9;
export const ROUTE = 10;
export const RECORD_ROUTE = 11;
export const DATE = 12;

/** Headers above this number are known only for their compact form or their list grammar. */
const numbered = [
  '',
  'Via',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Contact',
  'Content-Length',
  'Content-Type',
  'Max-Forwards',
  'Route',
  'Record-Route',
  'Date',
];

/** Lines of one such name may be joined by commas (RFC 3261 7.3.1 and the grammar of each header's own document). */
const lists =
  'Accept,Accept-Contact,Accept-Encoding,Accept-Language,Accept-Resource-Priority,Alert-Info,Allow,Allow-Events,Call-Info,' +
  'Content-Encoding,Content-Language,Diversion,Error-Info,Feature-Caps,Geolocation,History-Info,In-Reply-To,P-Asserted-Identity,' +
  'P-Associated-URI,P-Preferred-Identity,Path,Proxy-Require,Reason,Recv-Info,Reject-Contact,Request-Disposition,Require,' +
  'Resource-Priority,Security-Client,Security-Server,Security-Verify,Service-Route,Supported,Unsupported,Warning';

/** One value; a second line would let two elements of a path understand two different messages, so it is refused. */
const singles =
  'Content-Disposition,Event,Expires,Identity,Join,Min-Expires,Min-SE,RAck,Refer-To,Referred-By,Replaces,Reply-To,Retry-After,' +
  'RSeq,Session-Expires,SIP-ETag,SIP-If-Match,Subscription-State';

/** Known for speed and for their compact form; may come as often as they like. */
const others =
  'Authorization,Organization,Proxy-Authenticate,Proxy-Authorization,Server,Subject,Timestamp,User-Agent,WWW-Authenticate';

const compactForms: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

const names: readonly string[] = [...numbered, ...[lists, singles, others].flatMap((text) => text.split(','))];
const listNames = new Set([...lists.split(','), 'Via', 'Contact', 'Route', 'Record-Route']);
const singleNames = new Set([...singles.split(','), ...numbered].filter((name) => !listNames.has(name)));
const isListTable = names.map((name) => listNames.has(name));
const isSingleTable = names.map((name) => name !== '' && singleNames.has(name));

/** How many numbers there are; tables by number have this length. */
export const nameCount: number = names.length;

/** Both spellings that callers use, 'Call-ID' and 'call-id', and compact forms; other cases take the slow way in {@link nameNumber}. */
const byText = new Map<string, number>();
/** Numbers by first letter, last letter and length, for look-ups by bytes; names that fall together are chained by `nextInSlot`. */
const slots = new Uint8Array(32 * 32 * 32);
const nextInSlot = new Uint8Array(names.length);
/** Each name in lower case, {@link WIDTH} bytes a name; all are shorter, so that a longer one differs at the zero behind them. */
const WIDTH = 32;
const spelling = new Uint8Array(names.length * WIDTH);
const spellingWords = new DataView(spelling.buffer);

function slotOf(first: number, last: number, length: number): number {
  return (first & 31) | ((last & 31) << 5) | ((length & 31) << 10);
}

for (let number = 1; number < names.length; number++) {
  const name = names[number]!;
  const lower = Buffer.from(name.toLowerCase());
  spelling.set(lower, number * WIDTH);
  byText.set(name, number).set(name.toLowerCase(), number);
  const slot = slotOf(lower[0]!, lower[lower.length - 1]!, lower.length);
  nextInSlot[number] = slots[slot]!;
  slots[slot] = number;
}

/** Numbers of one-letter names, by letter. */
const compactNumbers = new Uint8Array(256);
for (const [letter, name] of Object.entries(compactForms)) {
  const number = byText.get(name)!;
  byText.set(letter, number);
  compactNumbers[letter.charCodeAt(0)] = number;
  compactNumbers[letter.toUpperCase().charCodeAt(0)] = number;
}

/** Number of a header name in any case, or {@link UNKNOWN}. */
export function nameNumber(name: string): number {
  return byText.get(name) ?? byText.get(name.toLowerCase()) ?? UNKNOWN;
}

/** As {@link nameNumber} for the bytes from `start` to `end`, all above 32. Allocates nothing. */
export function nameNumberAt(data: DataView, start: number, end: number): number {
  const length = end - start;
  if (length <= 1) return length === 1 ? compactNumbers[data.getUint8(start)]! : UNKNOWN;
  let number = slots[slotOf(data.getUint8(start), data.getUint8(end - 1), length)]!;
  while (number !== UNKNOWN && !isSpelled(number, data, start, length)) number = nextInSlot[number]!;
  return number;
}

/** Setting bit 5 lowers letters and leaves '-' alone; no other byte above 32 becomes a letter or '-' by it. */
function isSpelled(number: number, data: DataView, start: number, length: number): boolean {
  const from = number * WIDTH;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    if ((data.getInt32(start + i) | 0x20202020) !== spellingWords.getInt32(from + i)) return false;
  }
  for (; i < length; i++) if ((data.getUint8(start + i) | 32) !== spelling[from + i]) return false;
  return true;
}

/** The usual spelling: 'Call-ID'. */
export function canonicalName(number: number): string {
  return names[number]!;
}

export function isList(number: number): boolean {
  return isListTable[number]!;
}

export function isSingle(number: number): boolean {
  return isSingleTable[number]!;
}
