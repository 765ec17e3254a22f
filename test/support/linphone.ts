/**
 * linphone, a SIP phone of others, as the daemon that its command line package has: no sound card, what it says comes from a WAV file,
 * and it is operated by commands on its standard input.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeUdpPort, mediaPorts } from './ports.js';
import { ChildProgram, requireProgram, temporaryFolder } from './processes.js';
import { writeWav } from './wav.js';

export class Linphone {
  readonly #program: ChildProgram;
  readonly #folder: ReturnType<typeof temporaryFolder>;
  /** Where the answer to the next command begins in the output. */
  #from = 0;

  readonly port: number;

  private constructor(program: ChildProgram, folder: ReturnType<typeof temporaryFolder>, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.port = port;
  }

  /** @param says 8 kHz mono, said from {@link talk} on. */
  static async start(says: Int16Array): Promise<Linphone> {
    const path = requireProgram('linphone-daemon', 'linphone-cli');
    const folder = temporaryFolder();
    const port = await freeUdpPort();
    writeWav(join(folder.path, 'says.wav'), says);
    mkdirSync(join(folder.path, '.local', 'share', 'linphone'), { recursive: true });
    const file = join(folder.path, 'linphonerc');
    writeFileSync(file, config(folder.path, port));
    const program = new ChildProgram(path, ['--config', file], { cwd: folder.path, env: { HOME: folder.path } });
    const phone = new Linphone(program, folder, port);
    await phone.tell('version', /Status: Ok/);
    return phone;
  }

  /** Gives a command and resolves when the output behind it has a match. */
  async tell(command: string, expected: RegExp): Promise<RegExpExecArray> {
    this.#from = this.#program.output.length;
    this.#program.write(`${command}\n`);
    return this.saw(expected);
  }

  /** Resolves when the output since the last command has a match. */
  async saw(expected: RegExp): Promise<RegExpExecArray> {
    const behind = new RegExp(`^[^]{${this.#from}}[^]*?(?:${expected.source})`);
    return this.#program.printed(behind, 15_000);
  }

  /** Calls and resolves when audio runs; to the number of the call. */
  async dial(uri: string): Promise<number> {
    const id = Number((await this.tell(`call ${uri}`, /\nId: (\d+)/))[1]);
    await this.saw(/LinphoneCallStreamsRunning/);
    return id;
  }

  /** Answers the call that rings; resolves to its number when audio runs. */
  async answer(): Promise<number> {
    const id = Number((await this.saw(/LinphoneCallIncomingReceived[\s\S]*?\nId: (\d+)/))[1]);
    await this.tell(`answer ${id}`, /LinphoneCallStreamsRunning/);
    return id;
  }

  async talk(id: number): Promise<void> {
    await this.tell(`incall-player-start ${join(this.#folder.path, 'says.wav')} ${id}`, /Status: Ok/);
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    this.#folder.remove();
  }
}

function config(folder: string, port: number): string {
  return `[sip]
sip_port=${port}
sip_tcp_port=0
sip_tls_port=0
use_ipv6=0
ipv6_migration_done=1
bind_address=127.0.0.1
register_only_when_network_is_up=0
media_encryption=none
[rtp]
audio_rtp_port=${mediaPorts(1)[0]}
[misc]
user_certificates_path=${folder}
`;
}
