/**
 * The log for operators: pino, JSON lines on standard error, so that standard output stays the command's own. Made once by a command.
 */
import { pino } from 'pino';
import type { Logger } from '../api/index.js';
import type { TextStream } from './context.js';

/** A logger at `level`; its lines are written at once, so that none is lost when the process ends. */
export function createLogger(level: string, stream: TextStream): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write: (line) => stream.write(line) });
}
