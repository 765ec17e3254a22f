/**
 * What the SIP core knows of networks: transports, addresses, flows, and the doors to sockets that the machine or a virtual network
 * implements. Types only; types.ts hands them on.
 */

export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** Those that have connections. */
export type StreamTransport = Exclude<TransportName, 'udp'>;

export interface SocketAddress {
  /** Numeric IPv4 or IPv6 address, without brackets. */
  readonly address: string;
  readonly port: number;
}

/** The pair of addresses a message travelled on; what a request's responses and a dialog's first requests go back along. */
export interface Flow {
  readonly transport: TransportName;
  /** Index into the endpoint's listeners. */
  readonly listener: number;
  /** Our side: never a wildcard address; on a wildcard listen the local address of the route to `remote`. */
  readonly local: SocketAddress;
  /** Of streams: over another connection of the same kind, once this one is gone. */
  readonly remote: SocketAddress;
  /** Of streams: the connection by its number, which is never used again. */
  readonly connection?: number | undefined;
  /** Of TLS: whose certificate is asked for when a connection must be opened. */
  readonly serverName?: string | undefined;
  /** Of WebSocket connections that we opened without listening for any: the name for Via and Contact, which nobody can reach (RFC 7118 5). */
  readonly host?: string | undefined;
}

export interface ListenAddress {
  readonly transport: TransportName;
  /** Numeric; 0.0.0.0 and :: are allowed. */
  readonly address: string;
  /** 0 takes a free port. */
  readonly port: number;
}

export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
  readonly ttlS: number;
}

export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
  readonly ttlS: number;
}

export interface AddressRecord {
  readonly address: string;
  readonly ttlS: number;
}

/** Records of DNS by name; what is not there is an empty list or a rejection. Implemented by transport/dns.ts and by tests. */
export interface NameSource {
  naptr(name: string): Promise<readonly NaptrRecord[]>;
  srv(name: string): Promise<readonly SrvRecord[]>;
  a(name: string): Promise<readonly AddressRecord[]>;
  aaaa(name: string): Promise<readonly AddressRecord[]>;
}

/** How host names become addresses (RFC 3263). Answers are cached for their TTL, at most a day; NAPTR and SRV for a minute. */
export interface DnsConfig {
  /** Servers of names, `192.0.2.53` or `192.0.2.53:5353`; default: those of the system. */
  readonly servers?: readonly string[] | undefined;
  /** Replaces DNS; for tests. */
  readonly names?: NameSource | undefined;
}

/** Listeners `ws://` and `wss://` (RFC 7118). */
export interface WebSocketConfig {
  /**
   * Origins of pages that may connect (RFC 6455 10.2), `https://phone.example.com` each; others get 403. Programs that are no browsers send
   * no Origin and may. Default: every page may.
   */
  readonly origins?: readonly string[] | undefined;
  /** Path of the URL, which peers ask for and we do; default '/'. Requests for another one get 404. */
  readonly path?: string | undefined;
}

/** Certificates as PEM text, for TLS. */
export interface TlsCredentials {
  /** Own certificate and those up to the root. Without it nobody can connect to us; calls of ours can be made. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Whom to trust instead of the authorities that Node knows. */
  readonly ca?: string | undefined;
  /** False calls peers that cannot prove who they are, which anybody in between can exploit. Default true. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** True lets a certificate for `*.example.com` prove `sip.example.com`, which RFC 5922 7.2 forbids. Default false. */
  readonly wildcards?: boolean | undefined;
}

/** Datagram sockets as the endpoint needs them; implemented by transport/udp.ts and by the virtual network of the tests. */
export interface DatagramNetwork {
  /** Binds; rejects with ERR_ADDRESS_IN_USE, ERR_ADDRESS_NOT_AVAILABLE or ERR_TRANSPORT. */
  bind(local: SocketAddress, handlers: DatagramHandlers): Promise<DatagramSocket>;
  /**
   * Local address that the system would use towards `remote`, for listeners bound to a wildcard. A synchronous answer (from a cache) is
   * a string; otherwise a promise; undefined when there is no route.
   */
  localAddressFor(remote: SocketAddress): string | undefined | Promise<string | undefined>;
  /** Numeric address of a host name, for outgoing requests; rejects with ERR_UNRESOLVABLE. */
  resolve(host: string, family: 4 | 6 | undefined): Promise<string>;
}

export interface DatagramHandlers {
  onDatagram(data: Uint8Array, remote: SocketAddress): void;
  onError(error: Error): void;
}

export interface DatagramSocket {
  readonly local: SocketAddress;
  /** `onError` is called when the system refuses the datagram (EMSGSIZE, unreachable): a transport error of that request. */
  send(data: Uint8Array, remote: SocketAddress, onError: (error: Error) => void): void;
  /** The longest wait of a datagram before it was read, since this was asked last; infinite when the system had no room for one. */
  queueMs?(): number;
  /** Resolves when the socket is released. */
  close(): Promise<void>;
}

/** Connections as the endpoint needs them; implemented by transport/streams.ts and by the virtual network of the tests. */
export interface StreamNetwork {
  /** Rejects like {@link DatagramNetwork.bind}. */
  listen(local: SocketAddress, transport: StreamTransport, handlers: StreamListenerHandlers): Promise<StreamListener>;
  /** Resolves when the connection stands, with TLS when the peer has proved its name. Rejects with ERR_TRANSPORT; at once on `signal`. */
  connect(target: StreamTarget, signal: AbortSignal): Promise<StreamSocket>;
  /** New connections get these certificates. Throws ERR_CONFIG for ones that cannot be used, and keeps the old. */
  reload?(credentials: TlsCredentials): void;
}

export interface StreamTarget {
  readonly remote: SocketAddress;
  /** Local address to connect from; undefined leaves it to the system. */
  readonly from: string | undefined;
  readonly transport: StreamTransport;
  readonly serverName: string | undefined;
}

export interface StreamListenerHandlers {
  /** Asked before anything is read, a handshake even. Undefined turns the connection away; otherwise it is called when the connection is gone. */
  admit(remote: SocketAddress): (() => void) | undefined;
  onSocket(socket: StreamSocket): void;
  onError(error: Error): void;
}

export interface StreamListener {
  readonly local: SocketAddress;
  /** Takes no more connections; those that stand live on. Resolves when the port is free. */
  close(): Promise<void>;
}

export interface StreamSocketHandlers {
  onData(data: Uint8Array): void;
  onClose(error: Error | undefined): void;
  onPong?(): void;
}

export interface StreamSocket {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Bytes that were written and have not left. */
  readonly queuedBytes: number;
  /** Each piece that is read or written is one whole message (RFC 7118 5); otherwise messages are cut out of a stream. */
  readonly whole?: boolean | undefined;
  /** Begins reading; called once. `onClose` comes once, also after {@link destroy}. */
  start(handlers: StreamSocketHandlers): void;
  write(data: Uint8Array): void;
  /** Where the transport has a ping of its own: sends one; `onPong` follows. */
  ping?(): void;
  /** Says that nothing more will be written. */
  end(): void;
  /** Closes when what was written has left. */
  destroySoon(): void;
  destroy(): void;
}
