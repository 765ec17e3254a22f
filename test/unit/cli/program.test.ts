import { describe, expect, it } from 'vitest';
import { configKeys, flagName, variableName } from '../../../src/server/index.js';
import { FakeProcess } from './fake-context.js';

describe('run', () => {
  it('prints its version', async () => {
    const fake = new FakeProcess();
    expect(await fake.run('--version')).toBe(0);
    expect(fake.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([[], ['serve'], ['call'], ['demo']])(
    'has help for %j on standard output, with exit codes',
    async (...command) => {
      const fake = new FakeProcess();
      expect(await fake.run(...command, '--help')).toBe(0);
      expect(fake.out).toContain('Usage: mixminus');
      expect(fake.out).toContain('Exit codes:');
      expect(fake.err).toBe('');
    },
  );

  it('tells every option of the server in its help, as a flag and as a variable', async () => {
    const fake = new FakeProcess();
    await fake.run('serve', '--help');
    for (const key of configKeys) {
      expect(fake.out).toContain(flagName(key));
      expect(fake.out).toContain(variableName(key));
      expect(fake.out).toContain(`"${key}"`);
    }
  });

  it('says what it can do when it is told nothing', async () => {
    const fake = new FakeProcess();
    expect(await fake.run()).toBe(2);
    expect(fake.err).toContain('Usage: mixminus');
  });

  it.each([
    [['fly'], "unknown command 'fly'"],
    [['serve', '--fly'], "unknown option '--fly'"],
    [['serve', '--max-member', '3'], "unknown option '--max-member' (did you mean --max-members?); --help tells"],
    [['serve', 'now'], 'too many arguments'],
    [['serve', '--max-calls'], "option '--max-calls <n>' argument missing"],
    [['call'], "missing required argument 'uri'"],
    [['serve', '--max-calls', 'x'], "--max-calls: 'x' must be a whole number from 1 to 100000"],
    [['serve', '--config', '/no/such.json'], 'the config file /no/such.json does not exist'],
    [['call', 'nobody@'], "'nobody@' is no SIP address"],
    [['call', 'a@b', '--play', '/no/such.wav'], '--play: /no/such.wav does not exist'],
    [['call', 'a@b', '--duration', 'soon'], "--duration: 'soon' is not a duration"],
    [['call', 'a@b', '--media-ports', '9'], "--media-ports: '9' must be a range of ports"],
    [['demo', '--seconds', '1'], "--seconds: '1' must be from 3 to 600"],
    [['demo', '--out', '/etc/passwd/demo'], '--out: the folder /etc/passwd/demo cannot be made'],
  ])('exits with 2 for %j and says why in one line', async (args, message) => {
    const fake = new FakeProcess();
    expect(await fake.run(...args)).toBe(2);
    expect(fake.err).toContain(message);
    expect(fake.err.startsWith('mixminus: ')).toBe(true);
    expect(fake.err.trimEnd()).not.toContain('\n');
    expect(fake.sessions).toEqual([]);
    expect(fake.watched).toBe(false);
  });

  it('tells programs of an error too', async () => {
    const fake = new FakeProcess();
    await fake.run('serve', '--json', '--loudest', 'some');
    expect(fake.events).toEqual([
      { event: 'error', message: "--loudest: 'some' must be 'all' or a whole number from 1 to 64", exitCode: 2 },
    ]);
  });

  it('shows a stack at log level debug only, from wherever the level comes', async () => {
    const failing = async (...args: string[]): Promise<string> => {
      const fake = new FakeProcess();
      fake.createError = new Error('broken');
      if (args.length === 0) fake.env.MIXMINUS_LOG_LEVEL = 'debug';
      expect(await fake.run('serve', ...args)).toBe(1);
      return fake.err;
    };
    expect(await failing('--log-level', 'warn')).toBe(
      'mixminus: unexpected error: broken (run again with --log-level debug for details)\n',
    );
    expect(await failing('--log-level=debug')).toContain('\n    at ');
    expect(await failing()).toContain('\n    at ');
  });
});
