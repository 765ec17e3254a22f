/** Why a message is refused: the codes that counters use, and what a reply says. Pure tables; called by the parser. */

/** What a refused message would be answered with, where an answer is owed; requests other than ACK. */
export interface ParseProblem {
  readonly status: 400 | 413 | 414 | 416 | 505;
  /** Goes into the reason phrase of a response: says what is wrong, never quotes the message. */
  readonly reason: string;
  /** Stable, for counters. */
  readonly code: ProblemCode;
}

const reasons = {
  empty: 'Empty Datagram',
  'not-sip': 'Not A SIP Message',
  'message-too-large': 'Message Too Large',
  'header-too-long': 'Header Too Long',
  'too-many-headers': 'Too Many Headers',
  'uri-too-long': 'Request-URI Too Long',
  'bad-line-end': 'Line Not Ended By CRLF',
  'control-character': 'Control Character In Header',
  'bad-header-line': 'Malformed Header Line',
  'missing-blank-line': 'No Empty Line After Headers',
  'bad-request-line': 'Malformed Request Line',
  'bad-status-line': 'Malformed Status Line',
  'bad-version': 'Version Not Supported',
  'bad-request-uri': 'Malformed Request-URI',
  'request-uri-headers': 'Headers In Request-URI',
  'unsupported-scheme': 'Unsupported URI Scheme',
  'duplicate-header': 'Duplicate Header',
  'missing-via': 'Missing Via',
  'missing-from': 'Missing From',
  'missing-to': 'Missing To',
  'missing-call-id': 'Missing Call-ID',
  'missing-cseq': 'Missing CSeq',
  'bad-via': 'Malformed Via',
  'bad-branch': 'Via Branch Without Identifier',
  'bad-from': 'Malformed From',
  'bad-to': 'Malformed To',
  'bad-call-id': 'Malformed Call-ID',
  'bad-cseq': 'Malformed CSeq',
  'cseq-method': 'CSeq Method Does Not Match',
  'bad-contact': 'Malformed Contact',
  'bad-route': 'Malformed Route',
  'bad-record-route': 'Malformed Record-Route',
  'bad-max-forwards': 'Malformed Max-Forwards',
  'bad-content-type': 'Malformed Content-Type',
  'bad-content-length': 'Malformed Content-Length',
  'missing-content-length': 'Missing Content-Length',
  'body-too-short': 'Content-Length Exceeds Body',
  'bad-date': 'Malformed Date',
} as const;

export type ProblemCode = keyof typeof reasons;

const statuses: Partial<Record<ProblemCode, ParseProblem['status']>> = {
  'message-too-large': 413,
  'uri-too-long': 414,
  'unsupported-scheme': 416,
  'bad-version': 505,
};

const problems = new Map<ProblemCode, ParseProblem>();
for (const code of Object.keys(reasons) as ProblemCode[]) {
  problems.set(code, Object.freeze({ status: statuses[code] ?? 400, reason: reasons[code], code }));
}

/** The problem of a code; `detail` (a header name of ours) replaces the word Header in its reason. */
export function problem(code: ProblemCode, detail?: string): ParseProblem {
  const known = problems.get(code)!;
  return detail === undefined ? known : { ...known, reason: known.reason.replace('Header', detail) };
}
