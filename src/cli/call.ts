/**
 * `mixminus call`: a scriptable phone. Checks everything that it was given, calls, plays and records, ends, says what happened. Exit code 0
 * only if the call was answered. Runs on the event loop; program.ts starts it.
 */
import { type Call, type RecorderResult, type Recording, SessionError, type Sessions } from '../api/index.js';
import { checkFlags, readCredentials } from '../server/index.js';
import {
  type CallTarget,
  checkDigits,
  checkPlayable,
  checkWritable,
  parseCredentials,
  parseDuration,
  parseTarget,
} from './arguments.js';
import { CallView, type HangupCause } from './call-view.js';
import type { CommandContext } from './context.js';
import { createLogger } from './log.js';
import { durationText, Output } from './output.js';
import { exitFailure, exitOk, UsageProblem, usageCodes } from './problems.js';
import { type SignalWatch, watchSignals, whenAborted } from './signals.js';

export interface CallFlags {
  readonly play?: string;
  readonly loop?: boolean;
  readonly record?: string;
  readonly stereo?: boolean;
  readonly dtmf?: string;
  readonly duration?: string;
  readonly timeout?: string;
  readonly from?: string;
  readonly displayName?: string;
  readonly user?: string;
  readonly listen?: readonly string[];
  readonly advertise?: string;
  readonly mediaPorts?: string;
  readonly codecs?: string;
  readonly codec?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly logLevel?: string;
  readonly json?: boolean;
}

interface Plan {
  readonly target: CallTarget;
  readonly flags: CallFlags;
  readonly durationMs: number | undefined;
  readonly timeoutMs: number;
  readonly auth: ReturnType<typeof parseCredentials>;
  readonly config: ReturnType<typeof checkFlags>;
}

const defaultTimeoutMs = 60_000;
/** What was played last is still on its way through the peer's jitter buffer when the player has ended. */
const tailMs = 300;
const viewEveryMs = 500;
const giveUpGraceMs = 500;

/** Runs the command; returns its exit code, throws UsageProblem or SessionError. */
export async function call(target: string, flags: CallFlags, context: CommandContext): Promise<number> {
  const plan = makePlan(target, flags, context);
  const output = new Output(context.stdout, { json: flags.json === true, clock: context.clock });
  const view = new CallView(output, context.clock);
  const watch = watchSignals(context);
  try {
    const sessions = await context.createSessions(sessionsOptions(plan, context));
    try {
      return await dial(sessions, plan, { context, view, watch });
    } finally {
      view.stop();
      await sessions.close();
    }
  } finally {
    watch.dispose();
  }
}

function makePlan(target: string, flags: CallFlags, { env }: CommandContext): Plan {
  const { listen, advertise, mediaPorts, codec, codecs = codec, tlsCert, tlsKey, tlsCa, logLevel } = flags;
  if (flags.play !== undefined) checkPlayable('--play', flags.play);
  if (flags.dtmf !== undefined) checkDigits('--dtmf', flags.dtmf);
  if (flags.record !== undefined) checkWritable('--record', flags.record);
  else if (flags.stereo) throw new UsageProblem('--stereo: name a file with --record');
  return {
    target: parseTarget(target),
    flags,
    durationMs: flags.duration === undefined ? undefined : parseDuration('--duration', flags.duration),
    timeoutMs: flags.timeout === undefined ? defaultTimeoutMs : parseDuration('--timeout', flags.timeout),
    auth: parseCredentials(flags.user, env.MIXMINUS_PASSWORD),
    config: checkFlags({ listen, advertise, mediaPorts, codecs, tlsCert, tlsKey, tlsCa, logLevel }),
  };
}

function sessionsOptions(
  { config, target }: Plan,
  context: CommandContext,
): Parameters<CommandContext['createSessions']>[0] {
  const { listen, advertise, mediaPorts, codecs, logLevel = 'warn' } = config;
  const tls = readCredentials(config);
  return {
    // Any free port on all addresses of the target's family: what is written into the messages is the address of the route.
    listen: listen ?? [`${target.transport}://${target.family === 6 ? '[::]' : '0.0.0.0'}:0`],
    ...(tls === undefined ? {} : { tls }),
    ...(advertise === undefined ? {} : { advertise }),
    media: { workers: 1, ...(mediaPorts === undefined ? {} : { ports: mediaPorts }) },
    // Room for one caller beside the call of ours, so that it is told that this phone is busy.
    limits: { maxCalls: 2 },
    ...(codecs === undefined ? {} : { codecs }),
    logger: createLogger(logLevel, context.stderr),
    onIncomingCall: (incoming) => incoming.reject(486),
  };
}

interface Phone {
  readonly context: CommandContext;
  readonly view: CallView;
  readonly watch: SignalWatch;
}

async function dial(sessions: Sessions, plan: Plan, phone: Phone): Promise<number> {
  const { target, flags, timeoutMs, auth } = plan;
  // Looked into before anything rings, so that a file that cannot be played wakes nobody.
  if (flags.play !== undefined) sessions.manager.audio.check(flags.play);
  phone.view.calling(target.uri);
  let answered: Call;
  try {
    const calling = sessions.call(target.uri, {
      timeoutMs,
      signal: phone.watch.stop,
      onProgress: ({ status, reason }) => phone.view.progress(status, reason),
      ...(auth && { auth }),
      ...(flags.from === undefined ? {} : { from: flags.from }),
      ...(flags.displayName === undefined ? {} : { displayName: flags.displayName }),
    });
    answered = await Promise.race([calling, givingUp(phone, timeoutMs)]);
  } catch (error) {
    // A URI or header that cannot be sent is a mistake in the command; everything else is an answer, of the peer or the network.
    if (!(error instanceof SessionError) || usageCodes.has(error.code)) throw error;
    phone.view.notAnswered(error);
    return exitFailure;
  }
  return converse(answered, plan, phone);
}

/**
 * Rejects a moment after the call was given up. A CANCEL may only follow a response (RFC 3261 9.1), so that a host which says nothing at
 * all would hold the phone for 64·T1; closing the sessions drops the call instead.
 */
async function givingUp({ context, watch }: Phone, timeoutMs: number): Promise<never> {
  const why = await Promise.race([
    whenAborted(watch.stop).then(() => new SessionError('ERR_ABORTED', 'the call was aborted')),
    after(context, timeoutMs).then(
      () => new SessionError('ERR_TIMEOUT', `no answer within ${durationText(timeoutMs)}`),
    ),
  ]);
  await after(context, giveUpGraceMs);
  throw why;
}

/** From the answer to the end. */
async function converse(answered: Call, plan: Plan, phone: Phone): Promise<number> {
  const { flags } = plan;
  const { view } = phone;
  view.answered(answered);
  const recording =
    flags.record === undefined ? undefined : answered.record(flags.record, { stereo: flags.stereo === true });
  const stopView = every(phone.context, viewEveryMs, () => view.tick());
  const cause = await untilOver(answered, plan, phone);
  stopView();
  // Statistics of a call that is over may be gone.
  view.tick();
  if (cause !== 'peer') await answered.hangup();
  const endReason = await answered.finished;
  const recorded = await recordingResult(recording);
  view.over({ cause, endReason, recorded });
  return cause === 'play-failed' || cause === 'dtmf-failed' || recorded instanceof Error ? exitFailure : exitOk;
}

async function recordingResult(recording: Recording | undefined): Promise<RecorderResult | Error | undefined> {
  try {
    return await recording?.stop();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What comes first: --duration, the file's end, the peer's BYE, a signal. */
async function untilOver(
  answered: Call,
  { flags, durationMs }: Plan,
  { context, view, watch }: Phone,
): Promise<HangupCause> {
  const causes: Promise<HangupCause>[] = [
    whenAborted(answered.ended).then(() => 'peer'),
    whenAborted(watch.stop).then(() => 'signal'),
  ];
  if (durationMs !== undefined) causes.push(after(context, durationMs).then(() => 'duration'));
  if (flags.play !== undefined) {
    const played = answered.play(flags.play, { loop: flags.loop === true, signal: answered.ended });
    causes.push(whenPlayed(played, durationMs === undefined, context, view));
  }
  if (flags.dtmf !== undefined) causes.push(whenDialled(answered, flags.dtmf, view));
  return Promise.race(causes);
}

/** Digits that were sent leave the call as it is; digits that cannot be sent end it. */
async function whenDialled(answered: Call, digits: string, view: CallView): Promise<HangupCause> {
  try {
    await answered.sendDtmf(digits);
    view.dialled(digits);
  } catch (error) {
    // The call is over: that is what is told.
    if (!answered.ended.aborted) {
      view.dialFailed(error);
      return 'dtmf-failed';
    }
  }
  return new Promise(() => {});
}

/** Ends the call with the file, unless a duration says when; a file that cannot be played ends it at once. */
async function whenPlayed(
  played: Promise<void>,
  ends: boolean,
  context: CommandContext,
  view: CallView,
): Promise<HangupCause> {
  try {
    await played;
  } catch (error) {
    view.playFailed(error);
    return 'play-failed';
  }
  if (!ends) return new Promise(() => {});
  await after(context, tailMs);
  return 'played';
}

function after(context: CommandContext, ms: number): Promise<void> {
  return new Promise((resolve) => context.clock.after(ms, resolve));
}

/** Calls `work` each `ms` until the returned function is called. */
export function every(context: CommandContext, ms: number, work: () => void): () => void {
  let cancel: () => void;
  const arm = (): void => {
    cancel = context.clock.after(ms, () => {
      arm();
      work();
    });
  };
  arm();
  return () => cancel();
}
