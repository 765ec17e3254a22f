/**
 * Answers that no dialog makes: without keeping anything for them, or by a transaction of their own; signed with our name. Sans-IO; owned by
 * stack.ts.
 */
import type { Core } from './core.js';
import { serverName } from './dialog/context.js';
import { printReply, type Reply, replyFlow, replyHead } from './dialog/reply.js';
import { answer } from './dialog/send.js';
import type { SipRequest } from './message/index.js';
import { StatelessTags } from './stateless-tags.js';
import type { Flow } from './types.js';

export class Replies {
  readonly #core: Core;
  readonly #stateless: StatelessTags;

  constructor(core: Core) {
    this.#core = core;
    this.#stateless = new StatelessTags(core.config.ids);
  }

  /** Answers without keeping anything (RFC 3261 8.2.7): a repeated request gets the same answer again, since it is made of the request. */
  reply(request: SipRequest, flow: Flow, reply: Reply): void {
    const head = replyHead(request, flow.remote, this.#stateless.tagFor(request));
    this.#core.send(replyFlow(request, flow), printReply(head, this.#signed(reply)));
  }

  /** Answers by a transaction; the tag is for requests that have none: that of {@link reply} unless one is given. */
  answer(request: SipRequest, flow: Flow, reply: Reply, tag: string = this.#stateless.tagFor(request)): void {
    answer(this.#core, request, flow, this.#signed(reply), tag);
  }

  #signed(reply: Reply): Reply {
    return { ...reply, headers: [...(reply.headers ?? []), ...serverName(this.#core)] };
  }
}
