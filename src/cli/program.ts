/**
 * The command line: commands, options, help, and what becomes of errors. Runs one command and returns its exit code; main.ts and the
 * tests call it.
 */
import { Command, CommanderError, Option } from 'commander';
import { type CallFlags, call } from './call.js';
import type { CommandContext } from './context.js';
import { type DemoFlags, demo } from './demo.js';
import { callHelp, demoHelp, mainHelp, serveHelp } from './help.js';
import { describeProblem, exitOk, exitUsage } from './problems.js';
import { type ServeFlags, serve } from './serve.js';
import { version } from './version.js';

/** Runs `args` (without node and the script's name). Never rejects: an error becomes one line on standard error and an exit code. */
export async function run(args: readonly string[], context: CommandContext): Promise<number> {
  let exitCode = exitOk;
  const program = build(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitOk : exitUsage;
    const problem = describeProblem(error, wantsDebug(args, context));
    context.stderr.write(`mixminus: ${problem.line}\n`);
    if (args.includes('--json')) {
      context.stdout.write(
        `${JSON.stringify({ event: 'error', message: problem.line, exitCode: problem.exitCode })}\n`,
      );
    }
    return problem.exitCode;
  }
}

/** Looked up in the plain arguments, since an error may come before they were understood. */
function wantsDebug(args: readonly string[], { env }: CommandContext): boolean {
  const level = [env.MIXMINUS_LOG_LEVEL, ...args.map((arg, index) => levelAt(args, arg, index))];
  const last = level.filter((text) => text !== undefined).at(-1);
  return last === 'debug' || last === 'trace';
}

function levelAt(args: readonly string[], arg: string, index: number): string | undefined {
  if (arg.startsWith('--log-level=')) return arg.slice('--log-level='.length);
  return arg === '--log-level' ? args[index + 1] : undefined;
}

function build(context: CommandContext, done: (exitCode: number) => void): Command {
  const program = new Command('mixminus')
    .description('Conference calls over SIP: a server whose rooms appear when they are called, and a scriptable phone.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(`${usageLine(text)}\n`),
      getOutHelpWidth: () => helpWidth(context),
      getErrHelpWidth: () => helpWidth(context),
    })
    .addHelpText('after', mainHelp);
  addServe(program).action(async (flags: ServeFlags) => done(await serve(flags, context)));
  addCall(program).action(async (target: string, flags: CallFlags) => done(await call(target, flags, context)));
  addDemo(program).action(async (flags: DemoFlags) => done(await demo(flags, context)));
  return program;
}

/** What commander says in two lines (`error: …`, `(Did you mean …?)`) as one, with where to look. */
function usageLine(text: string): string {
  const [problem = '', suggestion] = text
    .trim()
    .replace(/^error: /, '')
    .split('\n');
  const meant = suggestion === undefined ? '' : ` ${suggestion.replace('Did', 'did')}`;
  return `mixminus: ${problem}${meant}; --help tells all that can be given`;
}

const helpColumns = 100;

/** Help on a pipe is as wide as on a wide terminal, so that it reads the same everywhere. */
function helpWidth({ stdout }: CommandContext): number {
  return Math.min(stdout.columns || helpColumns, helpColumns);
}

/** Gathers an option that may be given several times; any other takes its last value. */
function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

const listen = (what: string): Option =>
  new Option('--listen <url>', `${what}; repeatable`).argParser<readonly string[]>(collect);
const advertise = (): Option =>
  new Option('--advertise <ip>', 'address for callers to use instead of the local one, in SIP and for audio');
const mediaPorts = (): Option =>
  new Option('--media-ports <A-B>', 'UDP ports for audio, two a call (default: 16384-32767)');
const codecs = (): Option =>
  new Option('--codecs <list>', 'codecs in order of preference (default: opus,g722,pcmu,pcma)');
const addTls = (command: Command): Command =>
  command
    .option('--tls-cert <file>', 'PEM file of the certificate for tls:// and wss://, with those up to the root')
    .option('--tls-key <file>', 'PEM file of its key')
    .option('--tls-ca <file>', 'PEM file of the authorities to trust when calling over TLS (default: those of Node)');
const logLevel = (): Option =>
  new Option('--log-level <level>', 'log on standard error: silent, error, warn, info, debug, trace (default: warn)');
const json = (): Option => new Option('--json', 'print one JSON object a line, for programs');

function addServe(program: Command): Command {
  const command = program
    .command('serve')
    .summary('run the conference server')
    .description(
      'Runs the conference server: whoever calls sip:<room>@host is in that room, and hears everyone else there.',
    )
    .addOption(
      listen('where to listen, as udp://IP:PORT, tcp://, tls://, ws:// or wss:// (default: udp://0.0.0.0:5060)'),
    )
    .addOption(advertise())
    .addOption(mediaPorts())
    .option('--max-calls <n>', 'calls in all; past it callers get 503 with Retry-After (default: 1000)')
    .option('--max-members <n>', 'members of a room; past it callers get 486 with Retry-After (default: 100)')
    .option('--loudest <n|all>', 'how many of the loudest members are heard (default: all)')
    .addOption(codecs())
    .option('--jitter-ms <n>', 'how long audio is held back for late packets (default: it adapts to the network)')
    .option('--workers <n>', 'threads for audio (default: half the processors)')
    .option('--users <file>', 'who may call, one user:password a line (default: everybody may)')
    .option('--config <file>', 'JSON file with any of these options');
  return addTls(command)
    .addOption(
      new Option(
        '--ws-origins <origin>',
        'pages that may connect by ws:// or wss://; repeatable (default: all)',
      ).argParser<readonly string[]>(collect),
    )
    .option('--max-connections <n>', 'connections of TCP, TLS and WebSocket (default: 10000)')
    .option('--max-rate <n>', 'new requests a second from one address; past it 503, then silence (default: no limit)')
    .option('--max-loop-delay-ms <n>', 'new calls get 503 while the event loop is later than this (default: 300)')
    .option('--trace <file>', 'write all SIP messages, without secrets, to a pcap file')
    .option('--trace-max-mb <n>', 'megabytes that it may grow to (default: 100)')
    .addOption(json())
    .addOption(logLevel())
    .addHelpText('after', serveHelp);
}

function addCall(program: Command): Command {
  const command = program
    .command('call')
    .summary('call somebody, play and record')
    .description(
      'Calls a SIP address. Ends at --duration, at the end of the file played, when the other side hangs up, or with Ctrl-C.',
    )
    .argument('<uri>', 'whom to call, for example sip:lobby@127.0.0.1:5060')
    .option('--play <file>', 'WAV or Ogg Opus file to play to the other side')
    .option('--loop', 'play it again and again')
    .option('--record <file>', 'WAV or, by its ending .opus, Ogg Opus file for what the other side says')
    .option('--stereo', 'record both sides: the other one left, what it hears right')
    .option('--dtmf <digits>', 'digits to send after the answer: 0-9 * # A-D, ! flash, comma and w pause 2 and 0.5 s')
    .option('--duration <time>', 'hang up this long after the answer: 500ms, 10s, 2m, 1h')
    .option('--timeout <time>', 'give up when nobody has answered by then (default: 60s)')
    .option('--from <uri>', 'SIP address of the caller')
    .option('--display-name <text>', 'name of the caller')
    .option('--user <name>', 'who to be where a password is asked for, that of MIXMINUS_PASSWORD')
    .addOption(listen('where this phone listens, as udp://IP:PORT, tcp:// or tls:// (default: any free port)'))
    .addOption(advertise())
    .addOption(mediaPorts())
    .addOption(codecs().conflicts('codec'))
    .option('--codec <name>', 'the one codec to call with: opus, g722, pcmu, pcma or l16');
  return addTls(command).addOption(json()).addOption(logLevel()).addHelpText('after', callHelp);
}

function addDemo(program: Command): Command {
  return program
    .command('demo')
    .summary('see and hear a room of three')
    .description(
      'Starts a server and three callers on this machine, each with a different sound, over real SIP and RTP; shows who hears whom; ' +
        'leaves a WAV file of what each caller heard; checks that each heard exactly the other two.',
    )
    .option('--seconds <n>', 'how long they talk, from 3 to 600 (default: 6)')
    .option('--out <folder>', 'folder for the WAV files (default: a new one among the temporary files)')
    .addOption(json())
    .addOption(logLevel())
    .addHelpText('after', demoHelp);
}
