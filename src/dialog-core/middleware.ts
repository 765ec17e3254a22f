/**
 * The user's functions before the dialog layer: each sees a request and answers it, drops it, or passes it on, maybe with further headers.
 * Runs the functions and makes one verdict of what they do; stack.ts carries it out. Called by shell.ts.
 */
import { warnListener } from '../base/emitter.js';
import { SessionError } from '../base/errors.js';
import { checkHeaders } from './dialog/arguments.js';
import type { Reply } from './dialog/reply.js';
import { type HeaderList, parseMessage, type SipRequest } from './message/index.js';

/** What a middleware may do with a request instead of passing it on. The first decision counts; later ones throw ERR_INVALID_STATE. */
export interface MiddlewareReply {
  /**
   * Answers with a final response, 200–699. `stateless` keeps nothing for it: a repetition comes to the middleware again (RFC 3261 8.2.7).
   * Throws ERR_INVALID_ARGUMENT, ERR_INVALID_HEADER.
   */
  send(
    status: number,
    options?: { readonly reason?: string; readonly headers?: HeaderList; readonly stateless?: boolean },
  ): void;
  /** Says nothing to anybody. */
  drop(): void;
}

/**
 * Sees every request but ACK and CANCEL, outside dialogs and inside, after its transaction (no repetitions) and before anything else. May
 * take its time, at most 64·T1 (32 s), after which the request gets 503; what it throws becomes 500. An async function decides before it
 * returns. `next` passes the request on; `headers` are put in front of those it has.
 */
export type Middleware = (
  request: SipRequest,
  reply: MiddlewareReply,
  next: (headers?: HeaderList) => void,
) => void | Promise<void>;

export type MiddlewareVerdict =
  | { readonly kind: 'pass'; readonly request: SipRequest }
  | { readonly kind: 'reply'; readonly reply: Reply; readonly stateless: boolean; readonly failed?: true }
  | { readonly kind: 'drop' };

/** Resolves with the first decision; never, when a function that is not async never decides. Never rejects. */
export function runMiddleware(chain: readonly Middleware[], request: SipRequest): Promise<MiddlewareVerdict> {
  return new Promise((resolve) => new Run(chain, resolve).step(0, request));
}

class Run {
  readonly #chain: readonly Middleware[];
  readonly #resolve: (verdict: MiddlewareVerdict) => void;

  constructor(chain: readonly Middleware[], resolve: (verdict: MiddlewareVerdict) => void) {
    this.#chain = chain;
    this.#resolve = resolve;
  }

  step(index: number, request: SipRequest): void {
    const middleware = this.#chain[index];
    if (!middleware) {
      this.#resolve({ kind: 'pass', request });
      return;
    }
    let decided = false;
    const decide = (act: () => void): void => {
      if (decided) throw new SessionError('ERR_INVALID_STATE', 'a middleware decides once about a request');
      decided = true;
      act();
    };
    const fail = (error: unknown): void => {
      warnListener('middleware', error);
      if (decided) return;
      decided = true;
      this.#resolve({ kind: 'reply', reply: { status: 500 }, stateless: false, failed: true });
    };
    const reply: MiddlewareReply = {
      send: (status, { stateless = false, ...rest } = {}) => {
        checkReply(status, rest);
        decide(() => this.#resolve({ kind: 'reply', reply: { status, ...rest }, stateless }));
      },
      drop: () => decide(() => this.#resolve({ kind: 'drop' })),
    };
    const next = (headers: HeaderList = []): void => {
      const changed = withHeaders(request, headers);
      decide(() => this.step(index + 1, changed));
    };
    try {
      const done = middleware(request, reply, next);
      done?.then(() => {
        if (!decided) fail(new SessionError('ERR_INVALID_STATE', 'a middleware has returned without a decision'));
      }, fail);
    } catch (error) {
      fail(error);
    }
  }
}

function checkReply(
  status: number,
  { reason, headers = [] }: { readonly reason?: string; readonly headers?: HeaderList },
): void {
  if (!(Number.isInteger(status) && status >= 200 && status <= 699)) {
    throw new SessionError('ERR_INVALID_ARGUMENT', `${status} is no final status: 200 to 699 are`);
  }
  if (reason !== undefined && /\p{Cc}/u.test(reason)) {
    throw new SessionError('ERR_INVALID_ARGUMENT', 'a reason phrase is one line');
  }
  checkHeaders(headers);
}

/** The request with further headers in front; itself without any. */
function withHeaders(request: SipRequest, headers: HeaderList): SipRequest {
  if (headers.length === 0) return request;
  checkHeaders(headers);
  const bytes = Buffer.from(request.toBytes());
  const at = bytes.indexOf('\r\n') + 2;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const parsed = parseMessage(Buffer.concat([bytes.subarray(0, at), Buffer.from(lines), bytes.subarray(at)]));
  if (parsed.ok && parsed.message.kind === 'request') return parsed.message;
  throw new SessionError('ERR_INVALID_HEADER', 'with these headers the request cannot be read any more');
}
