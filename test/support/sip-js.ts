/**
 * The two SIP stacks of browsers, in this process: jssip and sip.js over a WebSocket. Neither finds a browser here, so that they get a
 * WebSocket of the package ws; there is no WebRTC, and offers are texts that a test gives.
 */
import JsSIP from 'jssip';
import { Registerer, RegistererState, UserAgent } from 'sip.js';
import { type ClientOptions, WebSocket } from 'ws';

/** Gives both a WebSocket; `options` are those of TLS. Returns what undoes it. */
export function lendWebSocket(options: ClientOptions = {}): () => void {
  const scope = globalThis as { WebSocket?: unknown };
  const before = scope.WebSocket;
  scope.WebSocket = class extends WebSocket {
    constructor(url: string, protocols: string | string[]) {
      super(url, protocols, options);
    }
  };
  return () => {
    scope.WebSocket = before;
  };
}

export interface JsSipPhone {
  readonly ua: JsSIP.UA;
  /** Contact as it registers it. */
  readonly contact: string;
  stop(): Promise<void>;
}

/** A registered jssip; rejects with the cause when registration fails. */
export async function startJsSip(url: string, aor: string, password?: string): Promise<JsSipPhone> {
  const ua = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(url)],
    uri: aor,
    ...(password === undefined ? {} : { password }),
    register: true,
  });
  await new Promise<void>((resolve, reject) => {
    ua.on('registered', () => resolve());
    ua.on('registrationFailed', ({ cause }: { cause?: string }) => reject(new Error(cause)));
    ua.start();
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      ua.on('disconnected', () => resolve());
      ua.stop();
    });
  return { ua, contact: String(ua.contact), stop };
}

/** A started sip.js; its offers are `sdp`. */
export async function startSipJs(server: string, aor: string, sdp = ''): Promise<UserAgent> {
  const body = { body: sdp, contentType: 'application/sdp' };
  const uri = UserAgent.makeURI(aor);
  const agent = new UserAgent({
    ...(uri && { uri }),
    transportOptions: { server },
    logLevel: 'error',
    sessionDescriptionHandlerFactory: () => ({
      close() {},
      getDescription: async () => body,
      hasDescription: (type) => type === body.contentType,
      holdModifier: async (description: never) => description,
      rollbackDescription: async () => {},
      sendDtmf: () => false,
      setDescription: async () => {},
    }),
  });
  await agent.start();
  return agent;
}

/** Registers a sip.js and resolves when that is done. */
export async function registerSipJs(agent: UserAgent): Promise<Registerer> {
  const registerer = new Registerer(agent);
  const done = new Promise<void>((resolve, reject) => {
    registerer.stateChange.addListener((state) => {
      if (state === RegistererState.Registered) resolve();
      if (state === RegistererState.Terminated) reject(new Error('it was not registered'));
    });
  });
  await registerer.register();
  await done;
  return registerer;
}
