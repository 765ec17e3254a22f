/** Session descriptions: parse, print, offer and answer. Pure. The door of this folder. */
export { directionOf } from './direction.js';
export { applyAnswer, createAnswer, createOffer } from './negotiate.js';
export { parseSdp } from './parser.js';
export { printSdp } from './printer.js';
export type {
  AnswerResult,
  ApplyResult,
  LocalMedia,
  MediaDescription,
  NegotiationProblem,
  PreviousExchange,
  SdpAddressFamily,
  SdpAttribute,
  SdpBandwidth,
  SdpConnection,
  SdpLimits,
  SdpOrigin,
  SdpParseResult,
  SdpProblem,
  SdpProblemCode,
  SessionDescription,
} from './types.js';
export { defaultSdpLimits } from './types.js';
