/**
 * `mixminus demo`: a server and three callers on this machine, each with a different sound, over real SIP and RTP. The verdict is made from
 * what each caller recorded, by code that shares nothing with the mixer. program.ts starts it.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Logger, SessionError } from '../api/index.js';
import { ConferenceServer, checkFlags } from '../server/index.js';
import { parseDuration } from './arguments.js';
import { every } from './call.js';
import type { CommandContext } from './context.js';
import { levelAt, rateHz } from './demo-audio.js';
import { DemoCaller, demoJitterMs } from './demo-callers.js';
import { makeSounds, pilotLevelDb, type Sounds, voices } from './demo-sounds.js';
import { type Heard, judge, type Pilot } from './demo-verdict.js';
import { type CallerStatus, callerStatus, DemoView } from './demo-view.js';
import { createLogger } from './log.js';
import { Output } from './output.js';
import { exitFailure, exitOk, UsageProblem } from './problems.js';
import { watchSignals, whenAborted } from './signals.js';
import { readPcm16 } from './wav.js';

export interface DemoFlags {
  readonly seconds?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly logLevel?: string;
}

const defaultSeconds = 6;
const room = 'demo';
const updateMs = 500;
const joinTimeoutMs = 5000;
/** Of each recording: the first moments while jitter buffers fill, the last while everybody hangs up. */
const trimSeconds = 0.5;

interface Stage {
  readonly context: CommandContext;
  readonly view: DemoView;
  readonly stop: AbortSignal;
  readonly logger: Logger;
  readonly folder: string;
  readonly seconds: number;
}

const pilots: readonly Pilot[] = voices.map(({ name, pilotHz }) => ({
  name,
  frequencyHz: pilotHz,
  levelDb: pilotLevelDb,
}));

/** Runs the command; returns its exit code. */
export async function demo(flags: DemoFlags, context: CommandContext): Promise<number> {
  const seconds = parseSeconds(flags.seconds);
  const { logLevel = 'warn' } = checkFlags({ logLevel: flags.logLevel });
  const folder = makeFolder(flags.out);
  const view = new DemoView(new Output(context.stdout, { json: flags.json === true, clock: context.clock }));
  const watch = watchSignals(context);
  const logger = createLogger(logLevel, context.stderr);
  const stage: Stage = { context, view, stop: watch.stop, logger, folder, seconds };
  const server = new ConferenceServer(
    // A fixed delay: stretched audio would be judged as noise of the room.
    { listen: ['udp://127.0.0.1:0'], workers: 1, maxCalls: voices.length, jitterMs: demoJitterMs },
    { logger, clock: context.clock, createSessions: context.createSessions },
  );
  try {
    const sounds = await makeSounds();
    await server.start();
    return await perform(server, sounds, stage);
  } finally {
    await server.close();
    watch.dispose();
  }
}

function parseSeconds(text: string | undefined): number {
  if (text === undefined) return defaultSeconds;
  const seconds = parseDuration('--seconds', text) / 1000;
  if (seconds < 3 || seconds > 600) throw new UsageProblem(`--seconds: '${text}' must be from 3 to 600`);
  return seconds;
}

function makeFolder(out: string | undefined): string {
  try {
    if (out === undefined) return mkdtempSync(join(tmpdir(), 'mixminus-demo-'));
    mkdirSync(out, { recursive: true });
    return resolve(out);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UsageProblem(`--out: the folder ${out ?? tmpdir()} cannot be made (${code}); name another one`);
  }
}

async function perform(server: ConferenceServer, sounds: Sounds, stage: Stage): Promise<number> {
  const { view, context, logger, folder } = stage;
  const target = `sip:${room}@${server.listen[0]?.replace('udp://', '')}`;
  view.say(`a server listens on ${server.listen.join(', ')}; three callers call ${target}`, {
    event: 'listening',
    listen: server.listen,
    target,
  });
  if (sounds.why !== undefined) view.say(`the callers play tones, since ${sounds.why}`);
  const callers: DemoCaller[] = [];
  try {
    for (const { name } of voices) {
      const sound = sounds.pcm.get(name) as Int16Array;
      callers.push(await DemoCaller.connect(target, { name, sound, folder, logger }, context));
    }
    await allJoined(server, stage);
    for (const { name, call } of callers) {
      view.say(`${name} is in the room (${call.codec}), plays ${sounds.kind}`, {
        event: 'joined',
        name,
        codec: call.codec,
      });
    }
    view.say('who hears whom, against what was sent (0.0 dB: unchanged); in and out: what a caller hears and says');
    if (!(await talk(callers, stage))) {
      view.say('stopped before the end, so nothing was checked');
      return exitFailure;
    }
  } finally {
    await Promise.all(callers.map((caller) => caller.close()));
  }
  const pairs = await judgeFiles(callers);
  view.result(pairs, folder, callers);
  return pairs.every(({ ok }) => ok) ? exitOk : exitFailure;
}

/** A caller is in the room when its ACK has arrived, a moment after it was answered. */
async function allJoined(server: ConferenceServer, { context }: Stage): Promise<void> {
  const deadlineMs = context.clock.nowMs() + joinTimeoutMs;
  const members = (): number => server.status().rooms.find(({ name }) => name === room)?.members.length ?? 0;
  while (members() < voices.length) {
    if (context.clock.nowMs() > deadlineMs) {
      throw new SessionError('ERR_TIMEOUT', `only ${members()} of ${voices.length} callers are in the room after 5 s`);
    }
    await new Promise<void>((done) => context.clock.after(20, done));
  }
}

/** Lets them talk for the time asked; false when it was stopped, or a caller lost its call, before. */
async function talk(callers: readonly DemoCaller[], { context, view, stop, seconds }: Stage): Promise<boolean> {
  for (const caller of callers) caller.record();
  const failed = Promise.all(callers.map((caller) => caller.talk())).then(() => false);
  const begunMs = context.clock.nowMs();
  let last: CallerStatus[] = [];
  let over = false;
  const stopUpdates = every(context, updateMs, async () => {
    last = await Promise.all(callers.map((caller) => callerStatus(caller, levelsIn, 1)));
    if (!stop.aborted && !over) view.update((context.clock.nowMs() - begunMs) / 1000, last);
  });
  try {
    const wholeMs = (seconds + 2 * trimSeconds) * 1000;
    const done = new Promise<boolean>((resolve) => context.clock.after(wholeMs, () => resolve(true)));
    return await Promise.race([done, failed, whenAborted(stop).then(() => false)]);
  } finally {
    over = true;
    stopUpdates();
    view.finished(last);
    await Promise.all(callers.map((caller) => caller.stopRecording()));
  }
}

function levelsIn(samples: Int16Array): Map<string, number | undefined> {
  const enough = samples.length >= rateHz / 2;
  return new Map(
    pilots.map(({ name, frequencyHz, levelDb }) => [
      name,
      enough ? levelAt(samples, frequencyHz) - levelDb : undefined,
    ]),
  );
}

async function judgeFiles(callers: readonly DemoCaller[]): Promise<Heard[]> {
  const trim = trimSeconds * rateHz;
  const recordings = callers.map(async ({ name, path }) => {
    const { samples } = readPcm16(await readFile(path));
    return { name, samples: samples.subarray(trim, Math.max(trim, samples.length - trim)) };
  });
  return judge(await Promise.all(recordings), pilots);
}
