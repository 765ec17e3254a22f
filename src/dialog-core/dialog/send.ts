/**
 * Messages of a dialog on their way out: a request finds its route, gets its Via and leaves; a request received gets its one answer.
 * Called by all parts of the dialog layer; keeps nothing.
 */
import type { AuthAttempt } from '../auth.js';
import { type HeaderList, printRequest, type SipRequest, type SipResponse } from '../message/index.js';
import type { ClientUser, NoResponseCause } from '../transaction/transaction.js';
import type { Body, Flow, ReasonHeader } from '../types.js';
import {
  bodyHeaders,
  type CoreContext,
  newBranch,
  type RouteDone,
  reasonHeaders,
  serverName,
  userAgent,
  viaOf,
} from './context.js';
import { type Dialog, withDefaults } from './dialog.js';
import { printReply, type Reply, replyFlow, replyHead } from './reply.js';

/** A request that is ready but for the way it goes. */
export interface DialogRequest {
  readonly method: string;
  readonly cseq: number;
  /** Further headers, our own and the caller's. */
  readonly headers: HeaderList;
  readonly body?: Body | undefined;
}

/** A user who does not care how a request ends. */
export const indifferent: ClientUser = { handleResponse() {}, handleNoResponse() {} };

export function printInDialog(
  core: CoreContext,
  dialog: Dialog,
  flow: Flow,
  branch: string,
  request: DialogRequest,
): Buffer {
  const { uri, headers } = dialog.requestHead(request.method, request.cseq);
  const credentials = dialog.auth?.headers(request.method, uri, request.body?.data) ?? [];
  const rest = [...withDefaults(userAgent(core), request.headers), ...credentials, ...bodyHeaders(request.body)];
  return printRequest({
    method: request.method,
    uri,
    headers: [['Via', viaOf(core, flow, branch)], ...headers, ...rest],
    body: request.body?.data,
  });
}

/** Finds the way of the next request of a dialog: at once in nearly every case, after a look-up where the peer named another host. */
export function routeInDialog(core: CoreContext, dialog: Dialog, done: RouteDone): void {
  const known = dialog.knownFlow();
  const { hop } = dialog;
  if (known) {
    done(known, '');
  } else if (typeof hop === 'string') {
    done(undefined, hop);
  } else {
    core.route(hop, dialog.flow.listener, (flow, problem) => {
      if (flow) dialog.setFlow(hop, flow);
      done(flow, problem);
    });
  }
}

/** RFC 3261 18.1.1: a larger request takes a transport that controls congestion, where the path's MTU is not known. */
const maxDatagramBytes = 1300;

/**
 * Prints a request for the flow, or, when it is too large for UDP and we listen on TCP, for a connection to the same host and port. Where
 * none can be had, it goes over UDP all the same (18.1.1).
 */
export function sendSized(
  core: CoreContext,
  flow: Flow,
  print: (flow: Flow, branch: string) => Buffer,
  send: (flow: Flow, branch: string, bytes: Buffer) => void,
): void {
  const branch = newBranch(core);
  const bytes = print(flow, branch);
  const fits = flow.transport !== 'udp' || bytes.length <= maxDatagramBytes;
  if (fits || !core.config.listen.some(({ transport }) => transport === 'tcp')) {
    send(flow, branch, bytes);
    return;
  }
  const { address, port } = flow.remote;
  core.route({ transport: 'tcp', host: address, port }, undefined, (found) => {
    if (found) send(found, branch, print(found, branch));
    else send(flow, branch, bytes);
  });
}

/** Sends a BYE that `user` waits for, or nobody. */
export function sendBye(
  core: CoreContext,
  dialog: Dialog,
  reason: ReasonHeader | undefined,
  user: ClientUser = indifferent,
): void {
  sendInDialog(core, dialog, { method: 'BYE', headers: reasonHeaders(reason) }, user);
}

/** Sends a request in a dialog that is no INVITE and no ACK, under the next CSeq. Returns that number, which a repetition with credentials moves on. */
export function sendInDialog(
  core: CoreContext,
  dialog: Dialog,
  parts: Omit<DialogRequest, 'cseq'>,
  user: ClientUser = indifferent,
): number {
  return new PlainRequest(core, dialog, parts, user).send();
}

/** A request in a dialog that is no INVITE: sent again with credentials when it is challenged, everything else is the user's. */
class PlainRequest implements ClientUser {
  readonly #core: CoreContext;
  readonly #dialog: Dialog;
  readonly #parts: Omit<DialogRequest, 'cseq'>;
  readonly #user: ClientUser;
  readonly #attempt: AuthAttempt | undefined;

  constructor(core: CoreContext, dialog: Dialog, parts: Omit<DialogRequest, 'cseq'>, user: ClientUser) {
    this.#core = core;
    this.#dialog = dialog;
    this.#parts = parts;
    this.#user = user;
    this.#attempt = dialog.auth?.attempt();
  }

  send(): number {
    const core = this.#core;
    const dialog = this.#dialog;
    dialog.localSeq += 1;
    const request: DialogRequest = { ...this.#parts, cseq: dialog.localSeq };
    routeInDialog(core, dialog, (flow, problem) => {
      if (!flow) {
        this.#user.handleNoResponse('transport', problem);
        return;
      }
      // Who is never challenged needs no go-between for the half minute that a transaction lingers.
      const user = this.#attempt ? this : this.#user;
      sendSized(
        core,
        flow,
        (way, branch) => printInDialog(core, dialog, way, branch, request),
        (way, branch, bytes) => core.transactions.request(request.method, branch, bytes, way, user),
      );
    });
    return request.cseq;
  }

  handleResponse(response: SipResponse): void {
    if (this.#attempt?.accept(response)) this.send();
    else this.#user.handleResponse(response);
  }

  handleNoResponse(cause: NoResponseCause, message: string): void {
    this.#user.handleNoResponse(cause, message);
  }
}

/** The bytes of an answer to a request in a dialog, with our name. */
export function signReply(core: CoreContext, request: SipRequest, flow: Flow, reply: Reply): Buffer {
  const headers = [...(reply.headers ?? []), ...serverName(core)];
  return printReply(replyHead(request, flow.remote, ''), { ...reply, headers });
}

/**
 * Answers a request in a dialog through a transaction of its own, so that its repetitions get the same answer. Past the limit of
 * transactions the answer goes without one: it is never withheld.
 */
export function answer(core: CoreContext, request: SipRequest, flow: Flow, reply: Reply, toTag = ''): void {
  const bytes = printReply(replyHead(request, flow.remote, toTag), reply);
  const back = replyFlow(request, flow);
  if (core.transactions.size >= core.config.limits.maxTransactions) core.send(back, bytes);
  else core.transactions.respond(core.transactions.serve(request, back), reply.status, bytes);
}
