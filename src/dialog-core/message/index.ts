/** SIP messages: parsed views, printing, URIs and the headers the stack works with. Pure; the only way into this folder from outside it. */

export { quote } from './chars.js';
export { type CSeq, parseCSeq } from './headers/cseq.js';
export {
  parseMinSE,
  parseRAck,
  parseRSeq,
  parseSessionExpires,
  type RAck,
  type SessionExpires,
} from './headers/extensions.js';
export {
  assertedIdentities,
  preferredIdentities,
  privacyOf,
  type ResourcePriority,
  resourcePriorities,
} from './headers/identity.js';
export { splitList } from './headers/list.js';
export { type NameAddr, parseNameAddr, printNameAddr } from './headers/name-addr.js';
export { parseParams, printParams } from './headers/params.js';
export { parseVia, type Via } from './headers/via.js';
export { isIPv4, isIPv6, printHost } from './host.js';
export type { MessageView, SipMessage, SipRequest, SipResponse } from './message.js';
export {
  type BodyPart,
  bodyParts,
  type PartToSend,
  printMultipart,
  sessionDescription,
} from './multipart.js';
export { defaultParseLimits, type ParseLimits, type ParseResult, parseMessage } from './parser.js';
export { type HeaderList, printRequest, printResponse } from './printer.js';
export type { ParseProblem, ProblemCode } from './problems.js';
export { reasonPhrase } from './status.js';
export { StreamParser, type StreamPart } from './stream-parser.js';
export { escapeUser, makeUri, parseUri, printUri, type SipUri, unescapeUser } from './uri.js';
export { uriEquals } from './uri-equals.js';
