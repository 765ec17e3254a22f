/** SIP messages written and read by hand, for peers that share no code with the stack. */

/** A message from its lines; Content-Length is added unless it is there. */
export function sip(lines: readonly string[], body = ''): Uint8Array {
  const hasLength = lines.some((line) => /^(content-length|l)\s*:/i.test(line));
  const length = hasLength ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return Buffer.from(`${[...lines, ...length].join('\r\n')}\r\n\r\n${body}`);
}

/** First value of a header in a message text; undefined when absent. */
export function field(text: string, name: string): string | undefined {
  return fields(text, name)[0];
}

export function fields(text: string, name: string): string[] {
  const head = text.slice(0, text.indexOf('\r\n\r\n'));
  const found: string[] = [];
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (line.slice(0, colon).trim().toLowerCase() === name.toLowerCase()) found.push(line.slice(colon + 1).trim());
  }
  return found;
}

export function bodyOf(text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

export function startLine(text: string): string {
  return text.slice(0, text.indexOf('\r\n'));
}

/** Tag parameter of From or To. */
export function tagOf(text: string, name: 'From' | 'To'): string | undefined {
  return /;tag=([^;>\s]+)/.exec(field(text, name) ?? '')?.[1];
}

export function branchOf(text: string): string | undefined {
  return /;branch=([^;,\s]+)/.exec(field(text, 'Via') ?? '')?.[1];
}

/** The URI in a Contact. */
export function contactOf(text: string): string | undefined {
  return /<([^>]+)>/.exec(field(text, 'Contact') ?? '')?.[1];
}

/** 'INVITE' of a request, '180 INVITE' of a response. */
export function summary(data: Uint8Array): string {
  const text = Buffer.from(data).toString();
  const [first = '', second = ''] = startLine(text).split(' ');
  if (first !== 'SIP/2.0') return first;
  return `${second} ${(field(text, 'CSeq') ?? '').split(' ')[1] ?? ''}`;
}

export interface RequestParts {
  readonly method: string;
  readonly uri: string;
  readonly sentBy: string;
  readonly branch?: string;
  readonly callId: string;
  readonly cseq: number;
  readonly cseqMethod?: string;
  readonly from: string;
  readonly to: string;
  readonly more?: readonly string[];
  readonly body?: string;
}

/** A request with the headers that every one must have; `from` and `to` with their tags. */
export function request(parts: RequestParts): Uint8Array {
  const { method, uri, sentBy, branch = 'z9hG4bKraw1', callId, cseq, cseqMethod = method, from, to } = parts;
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${sentBy};branch=${branch};rport`,
    'Max-Forwards: 70',
    `From: ${from}`,
    `To: ${to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${cseqMethod}`,
    ...(parts.more ?? []),
  ];
  return sip(lines, parts.body);
}

/** A response to a request text; `toTag` is added where the request has none. */
export function response(
  to: string,
  status: string,
  options: { readonly toTag?: string; readonly more?: readonly string[]; readonly body?: string } = {},
): Uint8Array {
  const known = tagOf(to, 'To') !== undefined || options.toTag === undefined;
  const lines = [
    `SIP/2.0 ${status}`,
    ...fields(to, 'Via').map((via) => `Via: ${via}`),
    `From: ${field(to, 'From') ?? ''}`,
    `To: ${field(to, 'To') ?? ''}${known ? '' : `;tag=${options.toTag}`}`,
    `Call-ID: ${field(to, 'Call-ID') ?? ''}`,
    `CSeq: ${field(to, 'CSeq') ?? ''}`,
    ...(options.more ?? []),
  ];
  return sip(lines, options.body);
}
