/**
 * kamailio, a SIP server of others: a stateful, record-routing proxy over UDP, TCP and TLS with a registrar in memory that challenges
 * (digest) and forks to every binding.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateFiles } from './certificate.js';
import { freeUdpPorts } from './ports.js';
import { ChildProgram, requireProgram, temporaryFolder } from './processes.js';

export interface KamailioOptions {
  /** Certificate of the TLS listener. */
  readonly certificate: CertificateFiles;
  /** Of the digest challenges to REGISTER and INVITE of registered users; default MD5. */
  readonly algorithm?: 'MD5' | 'SHA-256';
  /** `sip:host:port` of a registrar behind it: it keeps no bindings then, hands REGISTERs on, and adds itself to their path (RFC 3327). */
  readonly upstream?: string;
}

/** Password of every user at the registrar. */
export const kamailioPassword = 'correct horse';

export class Kamailio {
  readonly #program: ChildProgram;
  readonly #folder: ReturnType<typeof temporaryFolder>;

  /** UDP and TCP. */
  readonly port: number;
  readonly tlsPort: number;

  private constructor(
    program: ChildProgram,
    folder: ReturnType<typeof temporaryFolder>,
    ports: readonly [number, number],
  ) {
    this.#program = program;
    this.#folder = folder;
    [this.port, this.tlsPort] = ports;
  }

  /** Starts it and resolves when it listens. */
  static async start(options: KamailioOptions): Promise<Kamailio> {
    const path = requireProgram('kamailio', 'kamailio');
    const folder = temporaryFolder();
    const ports = (await freeUdpPorts(2)) as [number, number];
    const file = join(folder.path, 'kamailio.cfg');
    writeFileSync(file, config(ports, options));
    const args = ['-f', file, '-DD', '-E', '-m', '32', '-M', '8', '-Y', folder.path, '-P', join(folder.path, 'pid')];
    const program = new ChildProgram(path, args, { cwd: folder.path });
    // Its workers say nothing when they are ready; a route run by the timer, which comes up last, does.
    await program.printed(/ready to serve/, 20_000);
    return new Kamailio(program, folder, ports);
  }

  /** Its URI as a loose outbound proxy. */
  proxy(transport: 'udp' | 'tcp' | 'tls'): string {
    if (transport === 'tls') return `sip:127.0.0.1:${this.tlsPort};transport=tls;lr`;
    return `sip:127.0.0.1:${this.port};transport=${transport};lr`;
  }

  get output(): string {
    return this.#program.output;
  }

  async stop(): Promise<void> {
    await this.#program.stop('SIGTERM', 5000);
    this.#folder.remove();
  }
}

const modules = 'tls tm sl rr pv maxfwd textops siputils usrloc registrar path auth xlog rtimer'.split(' ');

function config(
  [port, tlsPort]: readonly [number, number],
  { certificate, algorithm, upstream }: KamailioOptions,
): string {
  return `#!KAMAILIO
debug=1
log_stderror=yes
children=2
tcp_children=2
tcp_accept_no_cl=no
dns=off
auto_aliases=no
enable_tls=yes
alias="127.0.0.1:${port}"
alias="127.0.0.1:${tlsPort}"
listen=udp:127.0.0.1:${port}
listen=tcp:127.0.0.1:${port}
listen=tls:127.0.0.1:${tlsPort}
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "${certificate.cert}")
modparam("tls", "private_key", "${certificate.key}")
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 3600)
modparam("auth", "algorithm", "${algorithm === 'SHA-256' ? 'SHA-256' : ''}")
modparam("rr", "append_fromtag", 0)
modparam("rtimer", "timer", "name=up;interval=1;mode=1;")
modparam("rtimer", "exec", "timer=up;route=READY")

request_route {
  if (!mf_process_maxfwd_header("10")) {
    sl_send_reply("483", "Too Many Hops");
    exit;
  }
  if (is_method("CANCEL")) {
    if (t_check_trans()) t_relay();
    exit;
  }
  if (has_totag()) {
    if (loose_route()) {
      # A GRUU is one of our own addresses (RFC 5627 5.3), though it bears no port.
      if ($ru =~ ";gr=") lookup("location");
      t_relay();
      exit;
    }
    if (is_method("ACK")) {
      if (t_check_trans()) t_relay();
      exit;
    }
    sl_send_reply("404", "Not Here");
    exit;
  }
  t_check_trans();
  if (is_method("REGISTER")) {
${upstream === undefined ? '' : edge(upstream)}    if (!pv_www_authenticate("$fd", "${kamailioPassword}", "0")) {
      www_challenge("$fd", "1");
      exit;
    }
    append_to_reply("Service-Route: <sip:127.0.0.1:${port};lr>\r\n");
    save("location");
    exit;
  }
${upstream === undefined ? '' : alongPath}  # Our own address as outbound proxy or service route is done with.
  if (is_present_hf("Route")) loose_route();
  record_route();
  if (uri == myself) {
    if (is_method("INVITE") && from_uri == myself && !pv_proxy_authenticate("$fd", "${kamailioPassword}", "0")) {
      proxy_challenge("$fd", "1");
      exit;
    }
    consume_credentials();
    if (!lookup("location")) {
      sl_send_reply("404", "Not Registered");
      exit;
    }
  }
  t_relay();
}

route[READY] {
  xlog("L_ERR", "ready to serve\\n");
}
`;
}

function edge(upstream: string): string {
  return `    add_path("edge");
    $ru = "${upstream}";
    t_relay();
    exit;
`;
}

/** A call whose Route names us: it comes along the path, which ends here. */
const alongPath = `  if (is_present_hf("Route")) {
    loose_route();
    record_route();
    t_relay();
    exit;
  }
`;
