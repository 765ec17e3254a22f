/**
 * A conference as application/conference-info+xml (RFC 4575): always the full state, elements in the order of the schema (section 8). Pure;
 * rosters.ts sends it to those who subscribed.
 */

export interface RosterEndpoint {
  /** URI of the device, its Contact. */
  readonly uri: string;
  readonly onHold: boolean;
  readonly dialled: 'in' | 'out';
  /** Wall time in milliseconds since the epoch. */
  readonly joinedAtMs: number;
  /** The member is not heard, hears nobody. */
  readonly muted: boolean;
  readonly deaf: boolean;
}

export interface RosterMember extends RosterEndpoint {
  /** Who they are: calls of the same URI are endpoints of one user (5.6). */
  readonly user: string;
  readonly displayName: string | undefined;
  readonly moderator: boolean;
}

export interface ConferenceInfo {
  /** URI of the conference. */
  readonly uri: string;
  readonly name: string;
  readonly maxMembers: number | undefined;
  readonly locked: boolean;
  readonly members: readonly RosterMember[];
}

export const conferenceInfoType = 'application/conference-info+xml';

const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
const namespace = 'urn:ietf:params:xml:ns:conference-info';

/** `version` counts the documents of one subscription, from 0 (5.1). */
export function conferenceInfo(info: ConferenceInfo, version: number): string {
  const { uri, name, maxMembers, locked, members } = info;
  const most = maxMembers === undefined ? '' : text('maximum-user-count', String(maxMembers));
  const users = byUser(members);
  const state = text('user-count', String(users.length)) + text('active', 'true') + text('locked', String(locked));
  const parts = [
    element('conference-description', text('display-text', name) + most),
    element('conference-state', state),
    element('users', users.map(userElement).join(''), [['state', 'full']]),
  ];
  return head + element('conference-info', parts.join(''), rootAttributes(uri, 'full', version));
}

/** The last document: there is no such conference any more (5.1). */
export function conferenceGone(uri: string, version: number): string {
  return head + element('conference-info', '', rootAttributes(uri, 'deleted', version));
}

function rootAttributes(uri: string, state: 'full' | 'deleted', version: number): [string, string][] {
  return [
    ['xmlns', namespace],
    ['entity', uri],
    ['state', state],
    ['version', String(version)],
  ];
}

function byUser(members: readonly RosterMember[]): (readonly RosterMember[])[] {
  const users = new Map<string, RosterMember[]>();
  for (const member of members) users.set(member.user, [...(users.get(member.user) ?? []), member]);
  return [...users.values()];
}

function userElement(calls: readonly RosterMember[]): string {
  const name = calls.find(({ displayName }) => displayName !== undefined)?.displayName;
  const role = calls.some(({ moderator }) => moderator) ? 'moderator' : 'participant';
  const content = [
    name === undefined ? '' : text('display-text', name),
    element('roles', text('entry', role)),
    ...calls.map(endpointElement),
  ];
  return element('user', content.join(''), [
    ['entity', calls[0]?.user ?? ''],
    ['state', 'full'],
  ]);
}

/** 5.7, 5.8; the direction of a stream is that of the member, who sends and receives. */
function endpointElement({ uri, onHold, dialled, joinedAtMs, muted, deaf }: RosterEndpoint): string {
  const direction = muted ? (deaf ? 'inactive' : 'recvonly') : deaf ? 'sendonly' : 'sendrecv';
  const content = [
    text('status', onHold ? 'on-hold' : 'connected'),
    text('joining-method', `dialed-${dialled}`),
    element('joining-info', text('when', new Date(joinedAtMs).toISOString())),
    element('media', text('type', 'audio') + text('status', direction), [['id', '1']]),
  ];
  return element('endpoint', content.join(''), [
    ['entity', uri],
    ['state', 'full'],
  ]);
}

function text(name: string, value: string): string {
  return element(name, escapeXml(value));
}

function element(name: string, content: string, attributes: readonly (readonly [string, string])[] = []): string {
  const list = attributes.map(([key, value]) => ` ${key}="${escapeXml(value)}"`).join('');
  return content === '' ? `<${name}${list}/>` : `<${name}${list}>${content}</${name}>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** What XML 1.0 (2.2) allows no document to hold, however escaped, becomes U+FFFD: display names come from strangers. */
function escapeXml(value: string): string {
  return value
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
