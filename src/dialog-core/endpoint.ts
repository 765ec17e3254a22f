/**
 * A SIP endpoint: the verbs of the dialog layer's only door to SIP, done by the stack within its shell (shell.ts). Runs on the event loop;
 * events are handed on after the verb or datagram that caused them has been dealt with.
 */
import { SessionError } from '../base/errors.js';
import { type ResolvedConfig, resolveConfig } from './config.js';
import type { InviteUsage } from './dialog/invite-usage.js';
import type { SipUri } from './message/index.js';
import type {
  InsideParams,
  Publication,
  PublicationState,
  PublishParams,
  ReferNews,
  ReferParams,
  RequestHandler,
  RequestParams,
  RequestResult,
  StopRefer,
  SubscribeParams,
  Subscription,
  SubscriptionHandler,
  SubscriptionNews,
} from './service-types.js';
import { type EventHandler, Shell } from './shell.js';
import type { SipStack } from './stack.js';
import type {
  AcceptParams,
  Binding,
  Body,
  CoreCounts,
  DialogCore,
  DialogCoreConfig,
  HeaderList,
  InviteParams,
  OptionsParams,
  OptionsResult,
  ReasonHeader,
  RegisterParams,
  RegistrationState,
  ResponseParams,
  TlsCredentials,
  Unregister,
  UsageId,
} from './types.js';

type WithReason = ResponseParams & { readonly reason?: string };

/** SIP over UDP, TCP, TLS and WebSocket; see {@link DialogCore} for what each verb does. Throws ERR_CONFIG for a configuration that makes no sense. */
export class SipEndpoint implements DialogCore {
  readonly #config: ResolvedConfig;
  readonly #shell: Shell;
  readonly #stack: SipStack;
  readonly #queries = new Set<(error: Error) => void>();

  constructor(config: DialogCoreConfig) {
    this.#config = resolveConfig(config);
    this.#shell = new Shell(config, this.#config);
    this.#stack = this.#shell.stack;
  }

  start(): Promise<void> {
    return this.#shell.start();
  }

  get listeners(): DialogCore['listeners'] {
    return this.#shell.listeners;
  }

  onEvent(handler: EventHandler): void {
    this.#shell.handler = handler;
  }

  invite(params: InviteParams): UsageId {
    return this.#shell.verb(() => this.#stack.invite(params, this.#nowMs()));
  }

  sendInvite(usage: UsageId, body?: Body): void {
    this.#on(usage, (it) => it.sendInvite(body));
  }

  progress(usage: UsageId, status: number, response: WithReason = {}): void {
    this.#on(usage, (it) => it.progress(status, response));
  }

  accept(usage: UsageId, response: AcceptParams = {}): void {
    this.#on(usage, (it) => it.accept(response));
  }

  reject(usage: UsageId, status: number, response: WithReason = {}): void {
    this.#on(usage, (it) => it.reject(status, response));
  }

  ack(usage: UsageId, body?: Body): void {
    this.#on(usage, (it) => it.ack(body));
  }

  cancel(usage: UsageId, reason?: ReasonHeader): void {
    this.#on(usage, (it) => it.cancel(reason));
  }

  bye(usage: UsageId, reason?: ReasonHeader): void {
    this.#on(usage, (it) => it.bye(reason));
  }

  reinvite(usage: UsageId, params: { readonly headers?: HeaderList; readonly body?: Body }): void {
    this.#on(usage, (it) => it.reinvite(params.headers, params.body));
  }

  answerReinvite(usage: UsageId, status: number, response: WithReason = {}): void {
    this.#on(usage, (it) => it.answerReinvite(status, response));
  }

  prack(usage: UsageId, dialogTag: string, body: Body): void {
    this.#on(usage, (it) => it.prack(dialogTag, body));
  }

  update(usage: UsageId, params: Parameters<DialogCore['update']>[1]): void {
    this.#on(usage, (it) => it.update(params.headers, params.body, params.dialogTag));
  }

  peerAllows(usage: UsageId, method: string): boolean | undefined {
    return this.#stack.usage(usage, this.#nowMs()).peerAllows(method);
  }

  options(params: OptionsParams): Promise<OptionsResult> {
    return this.request({ method: 'OPTIONS', ...params });
  }

  request(params: RequestParams): Promise<RequestResult> {
    return this.#ask((done) => this.#stack.services.request(params, done));
  }

  requestInside(usage: UsageId, params: InsideParams): Promise<RequestResult> {
    return this.#ask((done) => this.#stack.services.requestInside(usage, params, done));
  }

  serve(method: string, handler: RequestHandler): () => void {
    return this.#stack.services.serve(method, handler);
  }

  servePackage(event: string, handler: SubscriptionHandler): () => void {
    return this.#stack.services.servePackage(event, handler);
  }

  subscribe(params: SubscribeParams, onNews: (news: SubscriptionNews) => void): Subscription {
    return this.#now((stack) => stack.services.subscribe(params, onNews));
  }

  publish(params: PublishParams, onState: (state: PublicationState) => void): Publication {
    return this.#now((stack) => stack.services.publish(params, onState));
  }

  refer(usage: UsageId, params: ReferParams, onNews: (news: ReferNews) => void): StopRefer {
    return this.#now((stack) => stack.services.refer(usage, params, onNews));
  }

  dialogOf(usage: UsageId): { readonly replaces: string; readonly remoteTarget: string } {
    return this.#stack.services.dialogOf(usage);
  }

  register(params: RegisterParams, onState: (state: RegistrationState) => void): Unregister {
    const registration = this.#shell.verb(() => this.#stack.register(params, this.#nowMs(), onState));
    return () => {
      if (this.#shell.isOpen) this.#shell.verb(() => this.#stack.unregister(registration, this.#nowMs()));
    };
  }

  lookup(aor: SipUri): Binding[] | undefined {
    return this.#stack.lookup(aor, this.#nowMs());
  }

  reloadTls(credentials: TlsCredentials): void {
    this.#shell.reloadTls(credentials);
  }

  counts(): CoreCounts {
    return this.#stack.counts();
  }

  close(): Promise<void> {
    const closed = this.#shell.close();
    for (const reject of this.#queries) reject(new SessionError('ERR_CLOSED', 'the SIP endpoint was closed'));
    this.#queries.clear();
    return closed;
  }

  #nowMs(): number {
    return this.#config.clock.nowMs();
  }

  #on(usage: UsageId, act: (usage: InviteUsage) => void): void {
    this.#shell.verb(() => act(this.#stack.usage(usage, this.#nowMs())));
  }

  #now<T>(act: (stack: SipStack) => T): T {
    return this.#shell.verb(() => act(this.#stack));
  }

  /** A request with one result; rejects with ERR_CLOSED when the endpoint closes before. Misuse rejects, too. */
  #ask(start: (done: (result: RequestResult) => void) => void): Promise<RequestResult> {
    return new Promise((resolve, reject) => {
      this.#now(() =>
        start((result) => {
          this.#queries.delete(reject);
          resolve(result);
        }),
      );
      this.#queries.add(reject);
    });
  }
}
