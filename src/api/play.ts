/** Playing to a call until the sound, the call or the user's patience ends. Used by Call and IncomingCall. */
import type { SessionManager } from '../manager/index.js';

export async function playToEnd(
  manager: SessionManager,
  sessionId: string,
  source: string | Int16Array,
  { signal, loop = false }: { loop?: boolean; signal?: AbortSignal },
): Promise<void> {
  const pcm = typeof source === 'string' ? await manager.audio.load(source) : source;
  if (signal?.aborted) return;
  const player = manager.audio.play(sessionId, pcm, loop);
  const stop = (): void => player.stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await player.ended;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
