/**
 * What `mixminus demo` shows: a live table on a terminal, a line a second otherwise, JSON lines with --json; the verdict at the end.
 * Decides nothing; demo.ts tells it what there is.
 */
import { type AudioStatus, audioStatus } from '../server/index.js';
import type { DemoCaller } from './demo-callers.js';
import { failureText, type Heard } from './demo-verdict.js';
import { levelText, type Output } from './output.js';
import { type Column, formatTable, LiveBlock } from './table.js';

/** One caller at one moment. */
export interface CallerStatus {
  readonly name: string;
  readonly audio: AudioStatus | undefined;
  /** By speaker: level against what was sent, in the last moments of the recording; undefined before there is enough of it. */
  readonly hears: ReadonlyMap<string, number | undefined>;
}

/** Half-second updates; lines and JSON come each second. */
const updatesPerLine = 2;
/** Above this somebody is heard, as far as the short window of the live table can tell. */
const audibleDb = -30;

export class DemoView {
  readonly #output: Output;
  readonly #live: LiveBlock | undefined;
  #updates = 0;

  constructor(output: Output) {
    this.#output = output;
    this.#live = output.live ? new LiveBlock(output.stream) : undefined;
  }

  say(text: string, event?: { readonly event: string } & Readonly<Record<string, unknown>>): void {
    this.#live?.keep();
    this.#output.line(text);
    if (event) this.#output.event(event);
  }

  update(seconds: number, callers: readonly CallerStatus[]): void {
    this.#updates += 1;
    this.#live?.show(table(callers));
    if (this.#updates % updatesPerLine !== 0) return;
    this.#output.event({ event: 'status', seconds, callers: callers.map(plain) });
    if (!this.#live)
      this.#output.line(`${String(Math.round(seconds)).padStart(3)} s  ${callers.map(short).join('; ')}`);
  }

  /** The table stays on the screen, and the last one stands in a log too. */
  finished(callers: readonly CallerStatus[]): void {
    if (this.#live) this.#live.show(table(callers));
    else for (const line of table(callers)) this.#output.line(line);
    this.#live?.keep();
  }

  result(pairs: readonly Heard[], folder: string, callers: readonly DemoCaller[]): void {
    const failures = pairs.filter(({ ok }) => !ok);
    this.#output.line();
    for (const { name, path } of callers)
      this.#output.line(`${path}: ${heardText(pairs.filter((pair) => pair.listener === name))}`);
    this.#output.line();
    if (failures.length === 0)
      this.#output.line(`Each caller heard exactly the other two. The recordings are in ${folder}`);
    for (const failure of failures) this.#output.line(`FAILED: ${failureText(failure)}`);
    this.#output.event({
      event: 'result',
      ok: failures.length === 0,
      folder,
      callers: callers.map(({ name, path }) => ({
        name,
        file: path,
        heard: pairs.filter((pair) => pair.listener === name).map(pairData),
      })),
      failures: failures.map(failureText),
    });
  }
}

function table(callers: readonly CallerStatus[]): string[] {
  const names = callers.map(({ name }) => name);
  const columns: Column[] = [
    { title: 'who hears', align: 'left' },
    ...[...names, 'in', 'out', 'loss', 'jitter', 'delay'].map((title) => ({ title })),
  ];
  return formatTable(
    columns,
    callers.map((caller) => [caller.name, ...names.map((name) => heardCell(caller, name)), ...figures(caller)]),
  );
}

function heardCell({ name, hears }: CallerStatus, speaker: string): string {
  const levelDb = hears.get(speaker);
  if (levelDb === undefined) return '…';
  if (levelDb <= audibleDb) return '—';
  return name === speaker ? `ECHO ${signed(levelDb)}` : signed(levelDb);
}

/** One decimal, with a sign unless it is zero. */
function signed(levelDb: number): string {
  // Without the negative zero.
  const rounded = Math.round(levelDb * 10) / 10 || 0;
  return `${rounded > 0 ? '+' : ''}${rounded.toFixed(1)} dB`;
}

function figures({ audio }: CallerStatus): string[] {
  if (!audio) return ['…', '…', '…', '…', '…'];
  const { levelInDbov, levelOutDbov, lossPercent, jitterMs, delayMs } = audio;
  const loss = `${lossPercent.toFixed(1)} %`;
  return [
    levelText(levelInDbov),
    levelText(levelOutDbov),
    loss,
    `${jitterMs.toFixed(1)} ms`,
    `${Math.round(delayMs)} ms`,
  ];
}

function short(caller: CallerStatus): string {
  const known = [...caller.hears.values()].some((levelDb) => levelDb !== undefined);
  const heard = [...caller.hears]
    .filter(([, levelDb]) => levelDb !== undefined && levelDb > audibleDb)
    .map(([name]) => name);
  const whom = known ? heard.join(' and ') || 'nobody' : '…';
  return `${caller.name} hears ${whom} (${caller.audio ? levelText(caller.audio.levelInDbov) : '…'})`;
}

function heardText(pairs: readonly Heard[]): string {
  const others = pairs
    .filter(({ shouldHear }) => shouldHear)
    .map(({ speaker, levelDb }) => `${speaker} at ${signed(levelDb)}`);
  const self = pairs.filter(({ shouldHear }) => !shouldHear).map(({ levelDb }) => `itself at ${signed(levelDb)}`);
  return [...others, ...self].join(', ');
}

function pairData({ speaker, levelDb, shouldHear, ok }: Heard): Readonly<Record<string, unknown>> {
  return { speaker, levelDb: Number.isFinite(levelDb) ? Math.round(levelDb * 10) / 10 : null, shouldHear, ok };
}

function plain({ name, audio, hears }: CallerStatus): Readonly<Record<string, unknown>> {
  const levels = [...hears].map(([speaker, levelDb]) => [
    speaker,
    levelDb === undefined ? null : Math.round(levelDb * 10) / 10,
  ]);
  return { name, hears: Object.fromEntries(levels), ...(audio ?? {}) };
}

/** Reads the statistics of a caller and the last moments of its recording. */
export async function callerStatus(
  caller: DemoCaller,
  levelsIn: (samples: Int16Array) => ReadonlyMap<string, number | undefined>,
  seconds: number,
): Promise<CallerStatus> {
  const stats = caller.call.stats();
  return { name: caller.name, audio: stats && audioStatus(stats), hears: levelsIn(await caller.lately(seconds)) };
}
