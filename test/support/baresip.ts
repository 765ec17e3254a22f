/**
 * baresip, a SIP phone of others, without a sound card: what it says comes from a WAV file, what it hears goes to one (its sndfile
 * filter), and it is operated as a person would, by keys on its standard input.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeUdpPort, mediaPorts } from './ports.js';
import { ChildProgram, requireProgram, temporaryFolder } from './processes.js';
import { toneRateHz } from './tone.js';
import { writeWav } from './wav.js';

const modulePath = '/usr/lib/baresip/modules';
const modules = ['stdio', 'g711', 'g722', 'opus', 'l16', 'sndfile', 'aufile', 'aubridge'];
/** As baresip names them: encoding, sample rate, channels. */
const codecNames = {
  PCMU: 'PCMU/8000/1',
  PCMA: 'PCMA/8000/1',
  G722: 'G722/16000/1',
  opus: 'opus/48000/2',
  L16: 'L16/16000/1',
} as const;

export type BaresipCodec = keyof typeof codecNames;

export interface BaresipOptions {
  /** What it says, 8 kHz mono; it falls silent at the end. */
  readonly says: Int16Array;
  /** In order of preference; default PCMU and PCMA. */
  readonly codecs?: readonly BaresipCodec[];
  /** Where it registers, and who it is there and in its calls; default: nowhere, nobody. */
  readonly account?: { readonly port: number; readonly user: string; readonly password: string };
}

export class Baresip {
  readonly #program: ChildProgram;
  readonly #folder: ReturnType<typeof temporaryFolder>;

  readonly port: number;

  private constructor(program: ChildProgram, folder: ReturnType<typeof temporaryFolder>, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.port = port;
  }

  /** Starts it and resolves when it is ready; whether it has registered by then, {@link printed} tells. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    const path = requireProgram('baresip', 'baresip-core');
    const folder = temporaryFolder();
    const port = await freeUdpPort();
    writeWav(join(folder.path, 'says.wav'), options.says);
    writeFileSync(join(folder.path, 'config'), config(folder.path, port));
    const codecs = (options.codecs ?? ['PCMU', 'PCMA']).map((name) => codecNames[name]).join(',');
    const { user, password, port: registrar } = options.account ?? {};
    const who = options.account
      ? `<sip:${user}@127.0.0.1:${registrar}>;auth_user=${user};auth_pass=${password};regint=600`
      : '<sip:baresip@127.0.0.1>;regint=0';
    writeFileSync(join(folder.path, 'accounts'), `${who};answermode=auto;audio_codecs=${codecs}\n`);
    writeFileSync(join(folder.path, 'contacts'), '');
    const program = new ChildProgram(path, ['-f', folder.path, '-4', '-v'], { cwd: folder.path });
    await program.printed(/baresip is ready/);
    return new Baresip(program, folder, port);
  }

  /** Resolves when its output has a match. */
  async printed(pattern: RegExp): Promise<void> {
    await this.#program.printed(pattern);
  }

  /** Calls, and resolves when the call is established. */
  async dial(uri: string): Promise<void> {
    this.#program.write('d');
    this.#program.write(`${uri}\n`);
    await this.#program.printed(/Call established/);
  }

  /** Presses a key during the call: 0–9, * and # go out as telephone-event. Resolves when it was sent. */
  async press(digit: string): Promise<void> {
    const before = this.#program.output.length;
    this.#program.write(digit);
    const end = new RegExp(`^[^]{${before},}send DTMF digit end`);
    await this.#program.printed(end);
  }

  /** Hangs up. */
  async hangUp(): Promise<void> {
    this.#program.write('b');
    await this.#program.printed(/terminated \(duration/);
  }

  /** Quits; resolves to what it heard in its last call. */
  async heard(): Promise<Int16Array> {
    this.#program.write('q');
    const { code } = await this.#program.finished(10_000);
    if (code !== 0) throw new Error(this.#program.describe());
    const recording = readdirSync(this.#folder.path)
      .filter((name) => /^dump-.*-dec\.wav$/.test(name))
      .sort()
      .at(-1);
    if (recording === undefined) throw new Error(`baresip recorded nothing: ${this.#program.describe()}`);
    // At the codec's own rate and channels; the judges want 8 kHz mono.
    const format = ['-t', 'raw', '-r', String(toneRateHz), '-c', '1', '-e', 'signed', '-b', '16', '-'];
    const raw = execFileSync('sox', ['-D', join(this.#folder.path, recording), ...format], { maxBuffer: 2 ** 28 });
    return new Int16Array(Uint8Array.from(raw).buffer);
  }

  get output(): string {
    return this.#program.output;
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    this.#folder.remove();
  }
}

/** The player is one end of a bridge of baresip's whose other end nobody holds; the recording is made before it. */
function config(folder: string, port: number): string {
  const [first, last] = mediaPorts(10);
  const settings = [
    'poll_method epoll',
    `sip_listen 127.0.0.1:${port}`,
    'net_interface 127.0.0.1',
    `audio_source aufile,${join(folder, 'says.wav')}`,
    'audio_player aubridge,nobody',
    'audio_alert aubridge,nobody',
    ...['ausrc_srate 8000', 'auplay_srate 8000', 'ausrc_channels 1', 'auplay_channels 1'],
    `rtp_ports ${first}-${last}`,
    'jitter_buffer_delay 2-4',
    `module_path ${modulePath}`,
    ...modules.map((name) => `module ${name}.so`),
    'module_tmp account.so',
    'module_app menu.so',
    `snd_path ${folder}`,
    'ringback_disabled yes',
    'statmode_default off',
  ];
  return `${settings.join('\n')}\n`;
}
