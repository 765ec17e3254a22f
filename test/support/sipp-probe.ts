/**
 * Scenarios of one request and its answer, as text for sipp: what a server says to something it does not do.
 */

export interface Probe {
  /** Default INVITE. */
  readonly method?: string;
  /** Default `sip:[service]@[remote_ip]:[remote_port]`. */
  readonly uri?: string;
  /** Tag of the To header: a request within a dialog that does not exist. */
  readonly toTag?: string;
  /** Further header lines. */
  readonly headers?: readonly string[];
  /** Default, for INVITE: SDP with PCMU. */
  readonly body?: readonly string[];
  readonly contentType?: string;
  /** Status that must come back. */
  readonly status: number;
  /** Regular expressions (POSIX) that the response must match. */
  readonly matches?: readonly string[];
}

const pcmu = ['m=audio [media_port] RTP/AVP 0', 'a=rtpmap:0 PCMU/8000'];

/** SDP with these lines as its media sections. */
export function sdp(...media: readonly string[]): string[] {
  return ['v=0', 'o=prober 1 1 IN IP4 [local_ip]', 's=-', 'c=IN IP4 [media_ip]', 't=0 0', ...media];
}

/** The scenario for {@link import('./sipp.js').SippOptions.scenario}. */
export function probeScenario(probe: Probe): { readonly xml: string } {
  const { method = 'INVITE', status, matches = [] } = probe;
  const body = probe.body ?? (method === 'INVITE' ? sdp(...pcmu) : []);
  const type = body.length > 0 ? [`Content-Type: ${probe.contentType ?? 'application/sdp'}`] : [];
  const request = [
    ...head(probe, method, '[branch]', probe.toTag === undefined ? '' : `;tag=${probe.toTag}`),
    'Contact: <sip:prober@[local_ip]:[local_port]>',
    ...(probe.headers ?? []),
    ...type,
    'Content-Length: [len]',
    '',
    ...body,
  ];
  const checks = matches.map(
    (expression, index) =>
      `<ereg regexp="${escaped(expression)}" search_in="msg" check_it="true" assign_to="m${index}"/>`,
  );
  // RFC 3261 17.1.1.3: a refused INVITE is acknowledged with its own branch, four messages of this scenario back.
  const ack = send([...head(probe, 'ACK', '[branch-4]', '[peer_tag_param]'), 'Content-Length: 0', ''], false);
  const variables = matches.map((_, index) => `m${index}`).join(',');
  return {
    xml: `<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="probe ${method} ${status}">
${send(request, true)}
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="${status}"><action>${checks.join('')}</action></recv>
${method === 'INVITE' && status >= 300 ? ack : ''}
${variables ? `<Reference variables="${variables}"/>` : ''}
</scenario>`,
  };
}

function head(probe: Probe, method: string, branch: string, toParameters: string): string[] {
  const uri = probe.uri ?? 'sip:[service]@[remote_ip]:[remote_port]';
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=${branch}`,
    'From: <sip:prober@[local_ip]:[local_port]>;tag=[call_number]p[pid]',
    `To: <sip:[service]@[remote_ip]:[remote_port]>${toParameters}`,
    'Call-ID: [call_id]',
    `CSeq: 1 ${method}`,
    'Max-Forwards: 70',
  ];
}

function send(lines: readonly string[], repeated: boolean): string {
  return `<send${repeated ? ' retrans="500"' : ''}><![CDATA[\n\n${lines.join('\n')}\n]]></send>`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}
