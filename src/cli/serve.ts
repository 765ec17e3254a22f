/**
 * `mixminus serve`: the conference server as a program. Reads its configuration, serves until it is asked to stop, says BYE to everyone.
 * program.ts starts it.
 */
import { networkInterfaces } from 'node:os';
import { ConferenceServer, configKeys, loadConfig, type ServerConfig, type ServerEvent } from '../server/index.js';
import type { CommandContext } from './context.js';
import { callAddresses, type Interfaces } from './how-to-call.js';
import { createLogger } from './log.js';
import { durationText, endText, Output, partyText, printable } from './output.js';
import { exitOk } from './problems.js';
import { watchSignals, whenAborted } from './signals.js';
import { version } from './version.js';

export interface ServeFlags extends Readonly<Record<string, unknown>> {
  readonly config?: string;
  readonly json?: boolean;
}

/** Runs the command; returns its exit code, throws SessionError when it cannot start. */
export async function serve(flags: ServeFlags, context: CommandContext): Promise<number> {
  let reload: (() => void) | undefined;
  const watch = watchSignals(context, (signal) => {
    if (signal !== 'SIGHUP' || !reload) return false;
    reload();
    return true;
  });
  try {
    const config = readConfig(flags, context);
    const output = new Output(context.stdout, { json: flags.json === true, clock: context.clock });
    const server = new ConferenceServer(config, {
      logger: createLogger(config.logLevel, context.stderr),
      clock: context.clock,
      createSessions: context.createSessions,
    });
    server.events.on('event', (event) => tell(output, event));
    await server.start();
    // Without certificates SIGHUP says what it says to every program: the terminal is gone.
    if (config.tlsCert !== undefined || config.tlsCa !== undefined) reload = () => server.reloadTls();
    for (const line of welcome(config, server.listen, networkInterfaces())) output.line(line);
    await whenAborted(watch.stop);
    const { calls } = server.status();
    output.line(calls === 0 ? 'stopping' : `stopping: saying goodbye to ${calls} ${calls === 1 ? 'call' : 'calls'}`);
    await server.close();
    return exitOk;
  } finally {
    watch.dispose();
  }
}

/** Flags before MIXMINUS_ variables before the file before defaults. */
export function readConfig(flags: ServeFlags, { env }: Pick<CommandContext, 'env'>): ServerConfig {
  const given = Object.fromEntries(configKeys.map((key) => [key, flags[key]]));
  const file = flags.config ?? (env.MIXMINUS_CONFIG || undefined);
  return loadConfig({ flags: given, env, file });
}

/** What people read first: where it listens, how to call it, who may. */
export function welcome(config: ServerConfig, listen: readonly string[], interfaces: Interfaces): string[] {
  const addresses = callAddresses(listen, config.advertise, interfaces);
  const first = addresses[0]?.uri ?? 'sip:lobby@host';
  return [
    `mixminus ${version} listens on ${listen.join(' and ')}`,
    'Call a room; all who call the same name hear each other:',
    ...addresses.map(({ from, uri }) => `  ${from}: ${uri}`),
    `  with this program: mixminus call ${first.includes(';') ? `'${first}'` : first} --play hello.wav${config.users === undefined ? '' : ' --user NAME'}`,
    `Any name before the @ is a room. ${config.users === undefined ? 'Anyone who can reach this address' : `Who is named in ${config.users}`} may join.`,
    `At most ${config.maxMembers} members in a room, ${config.maxCalls} calls in all. Ctrl-C ends all calls and stops.`,
  ];
}

function tell(output: Output, event: ServerEvent): void {
  output.event({ ...event });
  const text = sentence(event);
  if (text !== undefined) output.timed(text);
}

/** An event in words; undefined where {@link serve} itself speaks. */
export function sentence(event: ServerEvent): string | undefined {
  switch (event.event) {
    case 'joined':
      return `${event.room}: ${caller(event)} joined (${event.codec ?? 'no audio'}), ${here(event.members)}`;
    case 'left': {
      const { reason, durationMs, members } = event;
      return `${event.room}: ${caller(event)} left after ${durationText(durationMs)} (${endText(reason)}), ${here(members)}`;
    }
    case 'refused':
      return `${printable(event.from)} was not let in to ${printable(event.target)}: ${event.status} ${printable(event.reason)}`;
    case 'gaveUp':
      return `${printable(event.from)} hung up before it was in ${printable(event.target)}`;
    case 'warning':
      return `warning: ${printable(event.message)}`;
    case 'reloaded':
      return 'new certificates are in use for new connections';
    case 'closed':
      return 'stopped';
    case 'listening':
    case 'room':
      return undefined;
  }
}

function caller(event: { readonly from: string; readonly displayName: string | undefined }): string {
  return partyText({ uri: event.from, displayName: event.displayName });
}

function here(members: number): string {
  return members === 0 ? 'the room is empty' : `${members} in the room`;
}
