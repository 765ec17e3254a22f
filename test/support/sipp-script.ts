/**
 * Scenarios of sipp written as steps, for tests whose ladders differ in a line or two: who sends what, what is expected, which header or
 * line a message has to have. Each function gives the XML of one step; {@link script} makes a scenario of them. sipp fails a call whose
 * next message is another, or lacks what was asked for.
 */

export interface Sent {
  readonly headers?: readonly string[];
  /** Lines of a body with its type in front, see {@link sdp}. */
  readonly body?: { readonly type: string; readonly lines: readonly string[] } | undefined;
}

const contact = '<sip:sipp@[local_ip]:[local_port]>';
const callTag = '[call_number]s[pid]';
let variables = 0;

/** A whole scenario. */
export function script(...steps: readonly string[]): { readonly xml: string } {
  const used = [...new Set(steps.join('').match(/(?<=assign_to=")[^"]+/g) ?? [])];
  const reference = used.length > 0 ? `<Reference variables="${used.join(',')}"/>` : '';
  return {
    xml: `<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="script">${steps.join('\n')}${reference}</scenario>`,
  };
}

/** A session description, sendrecv and PCMU with digits unless said otherwise; `version` grows with each one of a call. */
export function sdp({ direction = 'sendrecv', version = 1, codecs = '0 101' } = {}): NonNullable<Sent['body']> {
  const lines = [
    'v=0',
    `o=sipp 1 ${version} IN IP4 [local_ip]`,
    's=-',
    'c=IN IP4 [media_ip]',
    't=0 0',
    `m=audio [media_port] RTP/AVP ${codecs}`,
    'a=rtpmap:101 telephone-event/8000',
    `a=${direction}`,
  ];
  return { type: 'application/sdp', lines };
}

/** Expects a request. `has` are regular expressions that the whole message must match, or {@link kept}. */
export function takeRequest(method: string, ...has: readonly string[]): string {
  return `<recv request="${method}" rrs="true"><action>${has.map(check).join('')}</action></recv>`;
}

/** The INVITE of a call to sipp: what later messages need of it is kept. */
export function takeCall(...has: readonly string[]): string {
  return takeFirst('INVITE', keepInvite, has);
}

/** Likewise a SUBSCRIBE. */
export function takeSubscribe(...has: readonly string[]): string {
  return takeFirst('SUBSCRIBE', '', has);
}

function takeFirst(method: string, more: string, has: readonly string[]): string {
  const actions = [
    keep('Contact:', 'sip:[^&gt;]*', 'peer'),
    keep('From:', '&lt;.*', 'from'),
    keep('To:', '&lt;.*', 'to'),
    more,
    ...has.map(check),
  ];
  return `<recv request="${method}" rrs="true"><action>${actions.join('')}</action></recv>`;
}

/** A re-INVITE, or an INVITE that comes again: responses of {@link replyToInvite} are for this one from here on. */
export function takeInvite(...has: readonly string[]): string {
  return `<recv request="INVITE"><action>${keepInvite}${has.map(check).join('')}</action></recv>`;
}

export function takeResponse(status: number, ...has: readonly string[]): string {
  const early = status >= 180 ? '<recv response="100" optional="true"/>' : '';
  return `${early}<recv response="${status}" rrs="true"><action>${has.map(check).join('')}</action></recv>`;
}

/** Keeps a header's part of the last message taken as `[$name]`; put in place of `has`. */
export function kept(header: string, pattern: string, name: string): string {
  return `keep ${keep(header, pattern, name)}`;
}

/** A response to the last request taken. */
export function reply(status: string, { headers = [], body }: Sent = {}): string {
  const lines = [
    `SIP/2.0 ${status}`,
    '[last_Via:]',
    '[last_From:]',
    '[last_To:]',
    '[last_Call-ID:]',
    '[last_CSeq:]',
    `Contact: ${contact}`,
  ];
  return send([...lines, ...headers], body, false);
}

/** A response to the INVITE that was taken last, whatever came since. */
export function replyToInvite(status: string, { headers = [], body }: Sent = {}): string {
  const lines = [
    `SIP/2.0 ${status}`,
    'Via:[$via]',
    'From: [$from]',
    `To: [$to];tag=${callTag}`,
    'Call-ID: [call_id]',
    'CSeq: [$cseq] INVITE',
    `Contact: ${contact}`,
  ];
  return send([...lines, ...headers], body, Number.parseInt(status, 10) >= 200);
}

/** The same of the caller, to a re-INVITE. */
export function replyToReinvite(status: string, { headers = [], body }: Sent = {}): string {
  const lines = [
    `SIP/2.0 ${status}`,
    'Via:[$via]',
    'From: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]',
    `To: <sip:sipp@[local_ip]:[local_port]>;tag=${callTag}`,
    'Call-ID: [call_id]',
    'CSeq: [$cseq] INVITE',
    `Contact: ${contact}`,
  ];
  return send([...lines, ...headers], body, true);
}

/** A request that begins a dialog, or needs none. */
export function open(method: string, { headers = [], body }: Sent = {}, cseq = 1): string {
  const lines = [
    `${method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0`,
    ...fromCaller(method, cseq, '<sip:[service]@[remote_ip]:[remote_port]>'),
  ];
  return send([...lines, ...headers], body, true);
}

/** A request of the caller inside of the dialog that {@link open} began; to the last Contact that was seen. */
export function asCaller(method: string, cseq: number, { headers = [], body }: Sent = {}): string {
  const to = '<sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]';
  return send([`${method} [next_url] SIP/2.0`, ...fromCaller(method, cseq, to), ...headers], body, method !== 'ACK');
}

/** The ACK of a refusal; it belongs to the request it is for. */
export function ackRefusal(cseq: number): string {
  const lines = [
    'ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0',
    '[last_Via:]',
    `From: <sip:sipp@[local_ip]:[local_port]>;tag=${callTag}`,
    'To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]',
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ACK`,
    'Max-Forwards: 70',
  ];
  return send(lines, undefined, false);
}

/** A request of the one who was called, after {@link takeCall}. */
export function asCallee(method: string, cseq: number, { headers = [], body }: Sent = {}): string {
  const lines = [
    `${method} [$peer] SIP/2.0`,
    'Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]',
    `From: [$to];tag=${callTag}`,
    'To: [$from]',
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ${method}`,
    `Contact: ${contact}`,
    'Max-Forwards: 70',
  ];
  return send([...lines, ...headers], body, method !== 'ACK');
}

export function pause(ms: number): string {
  return `<pause milliseconds="${ms}"/>`;
}

/** An INVITE that is answered 200, and acknowledged. */
export function established(headers: readonly string[] = []): string {
  return open('INVITE', { headers, body: sdp() }) + takeResponse(200) + asCaller('ACK', 1);
}

/** A call that is answered 200 at once, and its ACK. */
export function answered(headers: readonly string[] = []): string {
  return takeCall() + replyToInvite('200 OK', { headers, body: sdp() }) + takeRequest('ACK');
}

const keepInvite = keep('Via:', '.*', 'via') + keep('CSeq:', '[0-9]+', 'cseq');

function keep(header: string, pattern: string, name: string): string {
  return `<ereg regexp="${pattern}" search_in="hdr" header="${header}" check_it="true" assign_to="${name}"/>`;
}

function check(has: string): string {
  if (has.startsWith('keep ')) return has.slice(5);
  variables += 1;
  const escaped = has
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return `<ereg regexp="${escaped}" search_in="msg" check_it="true" assign_to="seen${variables}"/>`;
}

function fromCaller(method: string, cseq: number, to: string): string[] {
  return [
    'Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]',
    `From: <sip:sipp@[local_ip]:[local_port]>;tag=${callTag}`,
    `To: ${to}`,
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ${method}`,
    `Contact: ${contact}`,
    'Max-Forwards: 70',
  ];
}

function send(lines: readonly string[], body: Sent['body'], repeats: boolean): string {
  const type = body ? [`Content-Type: ${body.type}`] : [];
  const text = [...lines, ...type, 'Content-Length: [len]', '', ...(body?.lines ?? [])].join('\n');
  return `<send${repeats ? ' retrans="500"' : ''}><![CDATA[\n\n${text}\n${body ? '' : '\n'}]]></send>`;
}
