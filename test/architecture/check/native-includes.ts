/** The include table of native/: addon → engine → core, the groups inside core, and which system headers belong where. Pure. */

/** The groups of core stand side by side: each may use base, none may use another. Only these join some of them. */
const joins: Readonly<Record<string, readonly string[]>> = {
  leg: ['rtp', 'jitter', 'codec', 'dsp', 'mix', 'srtp'],
  // A WAV file may hold A-law or µ-law, an Ogg file Opus; tones are played like files.
  file: ['codec', 'dsp'],
};

const threads = /^<(thread|mutex|shared_mutex|condition_variable|future|semaphore|barrier|latch|pthread\.h)>$/;
const clocks = /^<(chrono|ctime|time\.h|sys\/time(fd)?\.h|sys\/timerfd\.h)>$/;
const sockets =
  /^<(sys\/(socket|epoll|select|uio|un|ioctl)\.h|netinet\/.*|arpa\/.*|net\/.*|netdb\.h|poll\.h|linux\/.*)>$/;
const logging = /^<(iostream|fstream|sstream|ostream|istream|cstdio|stdio\.h|syslog\.h)>$/;
const exceptions = /^<(exception|stdexcept|system_error)>$/;
const nodeApi = /^[<"](napi\.h|node_api\.h|js_native_api\.h|node\.h|uv\.h|v8\.h)[>"]$/;

/** Violations in one file; `exists` tells whether a path under native/ is a file. */
export function checkIncludes(path: string, text: string, exists: (path: string) => boolean): string[] {
  const from = path.replace(/^native\//, '');
  return [...text.matchAll(/^\s*#\s*include\s+(<[^>]+>|"[^"]+")/gm)].flatMap((match) => {
    const include = match[1] ?? '';
    const problem =
      include.startsWith('"') && !nodeApi.test(include)
        ? judgeOwn(from, include.slice(1, -1), exists)
        : judgeSystem(from, include);
    return problem ? [`${path}: ${include}: ${problem}`] : [];
  });
}

function judgeOwn(from: string, target: string, exists: (path: string) => boolean): string | undefined {
  if (!exists(`native/${target}`)) return 'is not a file seen from native/';
  const [layer, group = ''] = from.split('/');
  const [targetLayer, targetGroup = ''] = target.split('/');
  const allowed: Record<string, readonly string[]> = {
    core: ['core'],
    engine: ['engine', 'core'],
    addon: ['addon', 'engine', 'core'],
  };
  if (!allowed[layer ?? '']?.includes(targetLayer ?? '')) return `${layer} may not include ${targetLayer}`;
  if (layer !== 'core' || group === targetGroup || targetGroup === 'base') return undefined;
  if (joins[group]?.includes(targetGroup)) return undefined;
  return `core/${group} may not include core/${targetGroup}`;
}

function judgeSystem(from: string, include: string): string | undefined {
  const layer = from.split('/')[0];
  if (nodeApi.test(include)) return layer === 'addon' ? undefined : 'Node-API belongs to addon';
  if (layer === 'engine') return undefined;
  if (threads.test(include) || clocks.test(include) || sockets.test(include))
    return 'threads, clocks and sockets belong to engine';
  if (layer === 'core' && logging.test(include)) return 'core does not log';
  if (layer === 'core' && exceptions.test(include)) return 'core does not throw';
  return undefined;
}
