/** The Reason header of a received request (RFC 3326), or of a final response (RFC 6432). Pure; why a peer cancelled, hung up, refused. */
import { type MessageView, parseParams } from '../message/index.js';
import type { ReasonHeader } from '../types.js';

/** The first Reason value; undefined when there is none or it is malformed. */
export function parseReason(message: Pick<MessageView, 'headerValues'>): ReasonHeader | undefined {
  const value = message.headerValues('reason')[0];
  if (value === undefined) return undefined;
  const semicolon = value.indexOf(';');
  const protocol = (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
  const params = semicolon < 0 ? new Map<string, string>() : parseParams(value.slice(semicolon));
  if (protocol === '' || !params) return undefined;
  const cause = params.get('cause');
  return {
    protocol,
    cause: cause !== undefined && /^\d{1,5}$/.test(cause) ? Number(cause) : undefined,
    text: params.get('text'),
  };
}
