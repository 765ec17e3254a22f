/**
 * How a request of ours outside a dialog begins its way: outbound proxy, service route (RFC 3608) or the path of a contact that is
 * registered here (RFC 3327) as pre-loaded Route, and the hop that follows from it (RFC 3261 8.1.2). Pure but for what the registrar knows;
 * called by all who make such requests.
 */
import { makeUri, type NameAddr, parseNameAddr, printNameAddr, type SipUri } from '../message/index.js';
import { detached } from '../transaction/matching.js';
import { misuse } from './arguments.js';
import { type CoreContext, requireHop } from './context.js';
import { requestUri } from './dialog.js';
import type { Hop } from './hop.js';

export interface Way {
  /** Request-URI. */
  readonly uri: string;
  /** Values of Route. */
  readonly routes: readonly string[];
  readonly hop: Hop;
  /** The target or the first route is a sips URI (RFC 3261 8.1.1.8). */
  readonly secure: boolean;
}

/** More elements than a path has; what is longer would only be carried from request to request. */
const maxRoutes = 16;

/**
 * The way to `target`: by `proxy` and then by `route`, or, where none is given, along the path that the target registered with.
 * Throws ERR_INVALID_URI, ERR_INVALID_ARGUMENT.
 */
export function wayTo(
  core: Pick<CoreContext, 'config' | 'flowTo' | 'pathTo'>,
  target: SipUri,
  { proxy, route }: { readonly proxy?: SipUri | undefined; readonly route?: readonly string[] | undefined } = {},
): Way {
  const given = route ?? core.pathTo(target);
  const read = readRoute(given);
  if (!read)
    throw misuse('ERR_INVALID_ARGUMENT', `'${given.join(', ')}' is no route of at most ${maxRoutes} sip: URIs`);
  const routes = [...(proxy ? [looseRoute(proxy)] : []), ...given];
  const uri = requestUri(target);
  const first = proxy ?? read[0]?.uri;
  if (!first) return { uri, routes, hop: requireHop(core, target), secure: target.scheme === 'sips' };
  const all = { hop: requireHop(core, first), secure: target.scheme === 'sips' || first.scheme === 'sips' };
  if (proxy || first.params.has('lr')) return { uri, routes, ...all };
  // A strict router (RFC 2543) takes its own URI from the request line and the target from the last Route (RFC 3261 12.2.1.1).
  return { uri: requestUri(first), routes: [...routes.slice(1), `<${uri}>`], ...all };
}

/** Values of Route, Path or Service-Route; undefined when one cannot be used or there are too many. */
export function readRoute(values: readonly string[]): readonly NameAddr[] | undefined {
  const read = values.map(parseNameAddr);
  const usable = read.every((each) => each !== undefined && /^sips?$/.test(each.uri.scheme) && !each.uri.headers);
  return usable && read.length <= maxRoutes ? (read as NameAddr[]) : undefined;
}

/** The values of a header that names a route, cut loose from their message; none where they cannot be used. */
export function routeOf(message: { headerValues(name: string): string[] }, header: string): readonly string[] {
  const values = message.headerValues(header);
  return readRoute(values) ? values.map(detached) : [];
}

/** An outbound proxy is a route that we load ourselves, and loose by our choice (RFC 3261 8.1.2). */
function looseRoute(proxy: SipUri): string {
  const params = new Map(proxy.params);
  params.set('lr', '');
  const { host, port, scheme } = proxy;
  return printNameAddr({ uri: makeUri({ scheme, host, params, ...(port === undefined ? {} : { port }) }) });
}
