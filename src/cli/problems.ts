/**
 * From an error to one line that says what to do, and an exit code: 2 when the command was given something wrong, 1 when it could not
 * do its work. Pure; called by program.ts for whatever a command throws.
 */
import { type ErrorCode, SessionError } from '../api/index.js';

export const exitOk = 0;
export const exitFailure = 1;
export const exitUsage = 2;

/** Codes of errors that are mistakes in what was asked. */
export const usageCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_CONFIG',
  'ERR_INVALID_URI',
  'ERR_INVALID_HEADER',
  'ERR_INVALID_ARGUMENT',
  'ERR_INVALID_AUDIO',
]);

/** What was asked for cannot be; the message says what to do instead. Exit code 2. */
export class UsageProblem extends Error {}

export interface Problem {
  readonly line: string;
  readonly exitCode: number;
}

/** What the user can do about it; undefined where the message says it all. */
function advice(error: SessionError): string | undefined {
  switch (error.code) {
    case 'ERR_ADDRESS_IN_USE':
      return 'stop the program that uses it (ss -tulpn shows which), or choose another port with --listen';
    case 'ERR_ADDRESS_NOT_AVAILABLE':
      return 'use an address of this machine (ip address lists them), or 0.0.0.0 for all';
    case 'ERR_FILE_DESCRIPTORS':
      return 'raise the limit (ulimit -n), or lower --max-calls';
    case 'ERR_NO_PORTS':
      return 'widen --media-ports, or stop the program that uses these ports';
    case 'ERR_TRANSPORT':
      return isPermission(error)
        ? 'choose a port of 1024 or above, or run with the right to open lower ones'
        : undefined;
    default:
      return undefined;
  }
}

function isPermission(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ((at as NodeJS.ErrnoException).code === 'EACCES') return true;
  }
  return false;
}

/** One line without a stack; `debug` adds the stack below it. */
export function describeProblem(error: unknown, debug: boolean): Problem {
  const stack = debug && error instanceof Error && error.stack ? `\n${error.stack}` : '';
  const message = oneLine(error instanceof Error ? error.message : String(error));
  if (error instanceof UsageProblem) return { line: `${message}${stack}`, exitCode: exitUsage };
  if (!(error instanceof SessionError)) {
    const hint = debug ? '' : ' (run again with --log-level debug for details)';
    return { line: `unexpected error: ${message}${hint}${stack}`, exitCode: exitFailure };
  }
  const isUsage = usageCodes.has(error.code);
  const hint = advice(error);
  return {
    line: `${message}${hint === undefined ? '' : `; ${hint}`}${stack}`,
    exitCode: isUsage ? exitUsage : exitFailure,
  };
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').replace(/[.;\s]+$/, '');
}
