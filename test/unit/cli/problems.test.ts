import { describe, expect, it } from 'vitest';
import { SessionError } from '../../../src/api/index.js';
import { describeProblem, UsageProblem } from '../../../src/cli/problems.js';

describe('describeProblem', () => {
  it('has exit code 2 for what was asked wrongly', () => {
    expect(describeProblem(new UsageProblem('--play: a.wav does not exist'), false)).toEqual({
      line: '--play: a.wav does not exist',
      exitCode: 2,
    });
    expect(describeProblem(new SessionError('ERR_CONFIG', '--loudest: bad.'), false)).toEqual({
      line: '--loudest: bad',
      exitCode: 2,
    });
  });

  it('has exit code 1 for what could not be done, and says what to do', () => {
    const busy = new SessionError('ERR_ADDRESS_IN_USE', 'udp://0.0.0.0:5060 is in use');
    const { line, exitCode } = describeProblem(busy, false);
    expect(exitCode).toBe(1);
    expect(line).toBe(
      'udp://0.0.0.0:5060 is in use; stop the program that uses it (ss -tulpn shows which), or choose another port with --listen',
    );
  });

  it('knows a forbidden port by its cause', () => {
    const cause = Object.assign(new Error('bind'), { code: 'EACCES' });
    const { line } = describeProblem(new SessionError('ERR_TRANSPORT', 'udp://0.0.0.0:60: bind', { cause }), false);
    expect(line).toContain('choose a port of 1024 or above');
    expect(describeProblem(new SessionError('ERR_TRANSPORT', 'other'), false).line).toBe('other');
  });

  it('stays on one line, and shows the stack only when asked', () => {
    const error = new Error('one\n  two');
    expect(describeProblem(error, false).line).toBe(
      'unexpected error: one two (run again with --log-level debug for details)',
    );
    expect(describeProblem(error, true).line).toContain('problems.test.ts');
  });
});
