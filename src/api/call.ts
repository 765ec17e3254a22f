/**
 * A call in the hands of a user: one object from the answer (or the dialling) to the end. It holds no state of its own but what it was
 * last told; the session is the manager's.
 */
import type { Clock } from '../base/clock.js';
import { Emitter } from '../base/emitter.js';
import type { SessionManager } from '../manager/index.js';
import type { PlayOptions, Sound } from '../media/index.js';
import type { CallState, EndReason, ExtraHeaders, Session, SessionEvent, TransferOutcome } from '../session/index.js';
import { CallAudio } from './call-audio.js';
import type { Conference } from './conference.js';
import { type CollectOptions, collectDigits, type DigitMenuOptions, digitMenu } from './digits.js';
import { type InfoDtmfOptions, sendDigits } from './in-dialog.js';
import {
  type Playback,
  type Recording,
  type RecordOptions,
  startPlayback,
  startRecording,
  toRecorderOptions,
} from './playback.js';
import { EventQueue } from './queue.js';
import { type DtmfToneOptions, type ToneOptions, toDtmfSteps, toToneSteps } from './tones.js';
import { type TransferOptions, type TransferRequest, transferCall } from './transfer.js';
import {
  type CodecName,
  type Content,
  type DtmfOptions,
  type Party,
  type ReasonValue,
  type RequestReply,
  type SipMessage,
  type StreamStats,
  toSipError,
} from './types.js';

export interface CallEvents {
  state: [to: CallState, from: CallState];
  /** A digit of telephone-event (RFC 4733) or of an INFO: 0–9, *, #, A–D. */
  dtmf: [digit: string, durationMs: number];
  talking: [talking: boolean];
  /** The peer holds us, or took us back. */
  remoteHold: [held: boolean];
  rtpTimeout: [];
  /** The peer wants us to call elsewhere. Without a listener it is declined (603). */
  transferRequest: [request: TransferRequest];
  /** News of {@link Call.transfer}: 202 when the peer has taken it, then what the target answers it. */
  transferProgress: [status: number, reason: string];
  /** Another call took this one's place (Replaces, or a transfer that we accepted); `ended` follows. */
  replaced: [by: Call];
  /** INFO (RFC 6086) that is no digit; it has been answered 200. */
  info: [info: Info];
  ended: [reason: EndReason];
}

/** An INFO of the peer. */
export interface Info {
  /** Info-Package; undefined for the older use without one. */
  readonly infoPackage: string | undefined;
  /** Media type without parameters; undefined for no body. */
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
  readonly message: SipMessage;
}

export class Call {
  readonly #manager: SessionManager;
  readonly #ended = new AbortController();
  readonly #finish: (reason: EndReason) => void;
  #last: Session;
  #conference: Conference | undefined;
  #audio: CallAudio | undefined;

  readonly id: string;
  readonly events = new Emitter<CallEvents>();
  /** Resolves when the call is over; never rejects. */
  readonly finished: Promise<EndReason>;

  /** Made by Sessions only. */
  constructor(manager: SessionManager, session: Session) {
    this.#manager = manager;
    this.#last = session;
    this.id = session.id;
    let finish: (reason: EndReason) => void = () => {};
    this.finished = new Promise((resolve) => {
      finish = resolve;
    });
    this.#finish = finish;
  }

  get direction(): 'outgoing' | 'incoming' {
    return this.#last.direction;
  }

  get state(): CallState {
    return this.#session.state;
  }

  get local(): Party {
    return this.#last.local;
  }

  get remote(): Party {
    return this.#last.remote;
  }

  get callId(): string {
    return this.#session.callId ?? '';
  }

  /** Codec that is sent, once negotiated. */
  get codec(): string | undefined {
    return this.#session.media?.codec;
  }

  /** Address that media was negotiated with. */
  get remoteMedia(): { readonly address: string; readonly port: number } | undefined {
    const { media } = this.#session;
    return media && { address: media.remoteAddress, port: media.remotePort };
  }

  get remoteHold(): boolean {
    return this.#session.remoteHold;
  }

  /** Aborted when the call is over: pass it to whatever should end with the call. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Why the call ended; undefined while it lives. */
  get endReason(): EndReason | undefined {
    return this.#ended.signal.aborted ? this.#last.endReason : undefined;
  }

  get conference(): Conference | undefined {
    return this.#conference;
  }

  /** Ends the call from any state; resolves when it is over, at once if it is. */
  async hangup(options: { reason?: ReasonValue } = {}): Promise<void> {
    await this.#verb(() => this.#manager.terminateSession(this.id, options.reason));
  }

  /** Puts the peer on hold; resolves with the 2xx. Rejects with SipError when the peer refuses, and then nothing has changed. */
  async hold(): Promise<void> {
    await this.#verb(() => this.#manager.holdSession(this.id));
  }

  async resume(): Promise<void> {
    await this.#verb(() => this.#manager.resumeSession(this.id));
  }

  /**
   * Transfers the peer: to a URI (blind), or to whoever `to` talks to (attended, RFC 3891). Resolves with what came of it, also when it
   * failed; when the target answered this call ends, in every other case it goes on. Rejects with ERR_INVALID_STATE for a call that is not
   * established (or in the middle of hold, resume or another transfer), ERR_INVALID_URI, ERR_INVALID_HEADER, ERR_ABORTED.
   */
  transfer(to: string | Call, options: TransferOptions = {}): Promise<TransferOutcome> {
    return transferCall(this.#manager, this.id, to, options);
  }

  /**
   * Changes what codecs we want (in order of preference, of those configured) or where we receive (a numeric address, for descriptions), by
   * UPDATE or, where the peer takes none, re-INVITE. Resolves with the 2xx; rejects with SipError when the peer refuses, and then nothing
   * has changed. Throws ERR_INVALID_ARGUMENT for an address, ERR_CONFIG for codecs, ERR_INVALID_STATE while another change is under way.
   */
  async update(change: { codecs?: readonly CodecName[]; address?: string }): Promise<void> {
    await this.#verb(async () => this.#manager.updateSession(this.id, change));
  }

  /**
   * Plays to the peer: the path of a WAV or Ogg Opus file, such a file as bytes or as a Node or web stream, mono samples (8 kHz, or
   * `rateHz`), or tones. Resolves at the end of the sound, of the call, after `stop()`, or when `signal` stops it. Rejects with ERR_FILE or
   * ERR_INVALID_AUDIO saying what is wrong, or ERR_INVALID_STATE without media.
   */
  play(sound: Sound, options: PlayOptions & { signal?: AbortSignal } = {}): Playback {
    return startPlayback(() => this.#manager.audio.play(this.id, sound, options), options.signal);
  }

  /** One or two frequencies at once, once or in a cadence of on and off, until `durationMs` or `stop()`. See {@link ToneOptions}. */
  playTone(tone: ToneOptions): Playback {
    const { steps, loop } = toToneSteps(tone);
    return this.play(steps, { loop, ...(tone.signal && { signal: tone.signal }) });
  }

  /** In-band DTMF, for peers that take no telephone events: each digit (0–9, *, #, A–D) as its two tones. */
  playDtmf(digits: string, options: DtmfToneOptions = {}): Playback {
    return this.play(toDtmfSteps(digits, options), options.signal ? { signal: options.signal } : {});
  }

  /**
   * Records into a WAV or Ogg Opus file (by its ending, or `format`): what the peer sends (`received`, the default), what it hears
   * (`sent`), or both as stereo. Throws ERR_FILE when the file cannot be made, ERR_INVALID_STATE without media.
   */
  record(path: string, options: RecordOptions = {}): Recording {
    return startRecording(this.#manager.audio.record(this.id, path, toRecorderOptions(options)), options.signal);
  }

  /** PCM of this call for programs that listen and speak. */
  get audio(): CallAudio {
    this.#audio ??= new CallAudio(this.#manager, this.id);
    return this.#audio;
  }

  /**
   * Sends digits as telephone events (RFC 4733): `0-9 * # A-D`, `!` for a hook flash; `,` waits two seconds, `w` half a second. They take
   * the place of the audio, follow those that wait already, and wait out a hold. Resolves when the last one was sent. Rejects with
   * ERR_NOT_NEGOTIATED when the peer takes none, ERR_INVALID_ARGUMENT, ERR_INVALID_STATE without media, ERR_ABORTED when the call ends
   * before the last digit. With `via: 'info'` by INFO: resolves when the last was taken, rejects with SipError when the peer refuses one.
   */
  async sendDtmf(digits: string, options: (DtmfOptions & { via?: 'rtp' }) | InfoDtmfOptions = {}): Promise<void> {
    await this.#verb(() =>
      options.via === 'info'
        ? sendDigits(this.#manager, this.id, digits, options)
        : this.#manager.audio.sendDtmf(this.id, digits, options),
    );
  }

  /** Digits as they come, until the call ends, `signal` is aborted, or the loop is left. */
  dtmf(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<{ digit: string; durationMs: number }> {
    const removals: (() => void)[] = [];
    const queue = new EventQueue<{ digit: string; durationMs: number }>(() => {
      for (const remove of removals) remove();
    }, options.signal);
    if (this.#ended.signal.aborted) queue.end();
    if (queue.ended) return queue;
    removals.push(this.events.on('dtmf', (digit, durationMs) => queue.push({ digit, durationMs })));
    removals.push(this.events.once('ended', () => queue.end()));
    return queue;
  }

  /** The clock that the call runs on; its timers do not keep the process alive. */
  get clock(): Clock {
    return this.#manager.clock;
  }

  /**
   * Digits as one input: complete at `max`, at the key `until` (default '#'), or when the caller stops. '' when none came in time.
   * Rejects with ERR_ABORTED by `signal` and ERR_CANCELLED when the call ends before.
   */
  collect(options: CollectOptions = {}): Promise<string> {
    return collectDigits(this, options);
  }

  /** Calls the action of a code ('1', '*6') when its digits have come; what is returned ends it. Throws ERR_INVALID_ARGUMENT. */
  menu(actions: Readonly<Record<string, () => void>>, options: DigitMenuOptions = {}): () => void {
    return digitMenu(this, actions, options);
  }

  /**
   * A request of your own in the call's dialog: MESSAGE, or a method that the peer knows. Rejects with ERR_INVALID_STATE for a call that is
   * not established, ERR_INVALID_ARGUMENT for methods that the stack sends itself, ERR_INVALID_HEADER.
   */
  async request(method: string, options: { headers?: ExtraHeaders; content?: Content } = {}): Promise<RequestReply> {
    return this.#manager.messaging.requestInside(this.id, method, options);
  }

  /** Counters and levels of the media, read from memory; undefined before and after it has any. */
  stats(): StreamStats | undefined {
    return this.#manager.stats(this.id);
  }

  /** Called by Sessions with each event of this call, in order. */
  handleEvent(event: SessionEvent, conference: Conference | undefined): void {
    this.#last = this.#session;
    if (event.type === 'joinedRoom') this.#conference = conference;
    else if (event.type === 'leftRoom') this.#conference = undefined;
    else if (event.type === 'ended') this.#end(event.reason);
    else this.#tell(event);
  }

  #tell(event: SessionEvent): void {
    switch (event.type) {
      case 'stateChanged':
        this.events.emit('state', event.to, event.from);
        break;
      case 'dtmf':
        this.events.emit('dtmf', event.digit, event.durationMs);
        break;
      case 'info':
        this.events.emit('info', { ...event.info, message: event.info.message as SipMessage });
        break;
      case 'talking':
        this.events.emit('talking', event.talking);
        break;
      case 'remoteHold':
        this.events.emit('remoteHold', event.held);
        break;
      case 'transferProgress':
        this.events.emit('transferProgress', event.status, event.reason);
        break;
      case 'rtpTimeout':
        this.events.emit('rtpTimeout');
        break;
      default:
    }
  }

  #end(reason: EndReason): void {
    this.#ended.abort();
    this.#finish(reason);
    this.events.emit('ended', reason);
    this.events.removeAllListeners();
  }

  get #session(): Session {
    return this.#manager.get(this.id) ?? this.#last;
  }

  async #verb<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw toSipError(error);
    }
  }
}
