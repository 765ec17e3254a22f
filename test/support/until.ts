/**
 * Waiting for a condition instead of for a time. For tests that run in real time, against sockets and other programs.
 */

/** Resolves as soon as `condition` holds; rejects with `what` when it still does not after `timeoutMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
  timeoutMs = 10_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > endMs) {
      throw new Error(`not within ${timeoutMs} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** `promise`, or a rejection with `what` when it is not settled after `timeoutMs`. */
export async function within<T>(promise: Promise<T>, what: string | (() => string), timeoutMs = 10_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = (): void =>
      reject(new Error(`not within ${timeoutMs} ms: ${typeof what === 'string' ? what : what()}`));
    timer = setTimeout(fail, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
