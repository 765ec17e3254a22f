import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConfigSources, configKeys, defaultConfig, loadConfig } from '../../../src/server/config.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mixminus-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function problem(sources: ConfigSources): string {
  try {
    loadConfig(sources);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_CONFIG' });
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    return message;
  }
  throw new Error('the configuration was accepted');
}

describe('loadConfig', () => {
  it('has defaults for everything', () => {
    expect(loadConfig({})).toEqual(defaultConfig);
  });

  it('takes texts of flags and variables as well as JSON values', () => {
    const expected = {
      listen: ['udp://127.0.0.1:5070', 'udp://[::1]:5060'],
      advertise: '203.0.113.7',
      mediaPorts: [20000, 20999],
      maxCalls: 200,
      maxMembers: 20,
      loudest: 8,
      codecs: ['pcma', 'pcmu'],
      jitterMs: 60,
      workers: 2,
      users: 'users.txt',
      tlsCert: 'cert.pem',
      tlsKey: 'key.pem',
      tlsCa: 'ca.pem',
      wsOrigins: ['https://a.example', 'https://b.example:8443'],
      maxConnections: 50,
      maxRate: 20,
      maxLoopDelayMs: 400,
      trace: 'sip.pcap',
      traceMaxMb: 7,
      logLevel: 'debug',
    };
    const flags = {
      listen: ['udp://127.0.0.1:5070', 'udp://[::1]'],
      advertise: '203.0.113.7',
      mediaPorts: '20000-20999',
      maxCalls: '200',
      maxMembers: '20',
      loudest: '8',
      codecs: 'PCMA, pcmu',
      jitterMs: '60',
      workers: '2',
      users: 'users.txt',
      tlsCert: 'cert.pem',
      tlsKey: 'key.pem',
      tlsCa: 'ca.pem',
      wsOrigins: ['https://a.example', 'https://b.example:8443'],
      maxConnections: '50',
      maxRate: '20',
      maxLoopDelayMs: '400',
      trace: 'sip.pcap',
      traceMaxMb: '7',
      logLevel: 'debug',
    };
    const env = {
      MIXMINUS_LISTEN: 'udp://127.0.0.1:5070,udp://[::1]:5060',
      MIXMINUS_ADVERTISE: '203.0.113.7',
      MIXMINUS_MEDIA_PORTS: '20000-20999',
      MIXMINUS_MAX_CALLS: '200',
      MIXMINUS_MAX_MEMBERS: '20',
      MIXMINUS_LOUDEST: '8',
      MIXMINUS_CODECS: 'pcma,pcmu',
      MIXMINUS_JITTER_MS: '60',
      MIXMINUS_WORKERS: '2',
      MIXMINUS_USERS: 'users.txt',
      MIXMINUS_TLS_CERT: 'cert.pem',
      MIXMINUS_TLS_KEY: 'key.pem',
      MIXMINUS_TLS_CA: 'ca.pem',
      MIXMINUS_WS_ORIGINS: 'https://a.example,https://b.example:8443',
      MIXMINUS_MAX_CONNECTIONS: '50',
      MIXMINUS_MAX_RATE: '20',
      MIXMINUS_MAX_LOOP_DELAY_MS: '400',
      MIXMINUS_TRACE: 'sip.pcap',
      MIXMINUS_TRACE_MAX_MB: '7',
      MIXMINUS_LOG_LEVEL: 'debug',
    };
    expect(loadConfig({ flags })).toEqual(expected);
    expect(loadConfig({ env })).toEqual(expected);
    expect(loadConfig({ file: file('all.json', JSON.stringify(expected)) })).toEqual(expected);
    expect(loadConfig({ options: expected as ConfigSources['options'] })).toEqual(expected);
    expect(Object.keys(flags).sort()).toEqual([...configKeys].sort());
  });

  it('prefers flags to the environment to the file to defaults', () => {
    const path = file('order.json', '{"maxMembers": 3, "maxCalls": 30, "loudest": 3}');
    const sources = {
      flags: { maxMembers: '1', maxCalls: undefined },
      env: { MIXMINUS_MAX_MEMBERS: '2', MIXMINUS_MAX_CALLS: '20', MIXMINUS_LOUDEST: '' },
      file: path,
    };
    expect(loadConfig(sources)).toEqual({ ...defaultConfig, maxMembers: 1, maxCalls: 20, loudest: 3 });
  });

  it('names the key as its source writes it', () => {
    const rest = ": 'many' must be a whole number from 1 to 100000";
    expect(problem({ flags: { maxCalls: 'many' } })).toBe(`--max-calls${rest}`);
    expect(problem({ env: { MIXMINUS_MAX_CALLS: 'many' } })).toBe(`MIXMINUS_MAX_CALLS${rest}`);
    const path = file('bad.json', '{"maxCalls": "many"}');
    expect(problem({ file: path })).toBe(`'maxCalls' in ${path}${rest}`);
    expect(problem({ options: { maxCalls: 'many' } })).toBe(`option maxCalls${rest}`);
  });

  it.each([
    [
      { listen: ['sctp://0.0.0.0:5060'] },
      "'sctp://0.0.0.0:5060' uses sctp, which this version does not speak; use udp://, tcp://, tls://, ws:// or wss://",
    ],
    [{ listen: ['tls://0.0.0.0'] }, 'tls://0.0.0.0:5061 needs --tls-cert and --tls-key'],
    [{ listen: ['wss://0.0.0.0'] }, 'wss://0.0.0.0:443 needs --tls-cert and --tls-key'],
    [{ tlsCert: 'cert.pem' }, 'it goes with --tls-key; give both'],
    [{ tlsKey: 'key.pem' }, 'it goes with --tls-cert; give both'],
    [{ listen: ['0.0.0.0:5060'] }, "'0.0.0.0:5060' must look like udp://0.0.0.0:5060"],
    [{ listen: ['udp://localhost:5060'] }, "must give a numeric address of this machine instead of 'localhost'"],
    [{ listen: ['udp://1.2.3.4:99999'] }, 'has port 99999; ports go from 0 (any free one) to 65535'],
    [{ listen: ['udp://[1.2.3.4]:5060'] }, 'must give a numeric address'],
    [{ listen: ['udp://::1:5060'] }, 'must look like udp://0.0.0.0:5060, or udp://[::]:5060 for IPv6'],
    [{ listen: ['udp://127.0.0.1', 'udp://127.0.0.1:5060'] }, 'names udp://127.0.0.1:5060 twice'],
    [{ listen: [] }, 'must name at least one address'],
    [{ advertise: 'example.com' }, "'example.com' must be a numeric IP address, for example 203.0.113.7"],
    [{ advertise: '0.0.0.0' }, 'is a wildcard, which nobody can call'],
    [{ advertise: '::' }, 'is a wildcard, which nobody can call'],
    [{ mediaPorts: '16384' }, "'16384' must be a range of ports A-B, for example 16384-32767"],
    [{ mediaPorts: '30000-20000' }, 'must give the lower port first'],
    [{ mediaPorts: '60000-70000' }, 'goes outside 1024 to 65535'],
    [{ mediaPorts: '20001-20002' }, 'holds no pair of an even port and the odd one above it'],
    [{ maxMembers: '0' }, "'0' must be a whole number from 1 to 100000"],
    [{ maxMembers: '2.5' }, "'2.5' must be a whole number"],
    [{ maxMembers: 2.5 }, '2.5 must be a whole number'],
    [{ maxMembers: '' }, "'' must be a whole number"],
    [{ maxMembers: null }, 'null must be a whole number'],
    [{ loudest: 'some' }, "'some' must be 'all' or a whole number from 1 to 64"],
    [{ logLevel: 'loud' }, "'loud' must be one of silent, error, warn, info, debug, trace"],
    [{ codecs: 'g729' }, "has 'g729'; this version knows opus, g722, pcmu, pcma, l16"],
    [{ codecs: '' }, 'must name a codec'],
    [{ workers: '0' }, 'must be a whole number from 1 to 64'],
  ])('refuses %j', (flags, expected) => {
    expect(problem({ flags })).toContain(expected);
  });

  it('refuses an unknown key of a file and lists the known ones', () => {
    const path = file('unknown.json', '{"maxCall": 3}');
    expect(problem({ file: path })).toBe(`unknown key 'maxCall' in ${path}; the keys are ${configKeys.join(', ')}`);
  });

  it('says what is wrong with the file itself', () => {
    expect(problem({ file: join(folder, 'none.json') })).toContain(
      'none.json does not exist; create it, or leave --config',
    );
    expect(problem({ file: folder })).toContain('is a folder; name a JSON file');
    expect(problem({ file: file('broken.json', '{"maxCalls":\n 3,}') })).toContain('broken.json is not valid JSON: ');
    expect(problem({ file: file('array.json', '[]') })).toContain(
      'must hold one JSON object, for example {"maxMembers": 20}',
    );
  });

  it('lets the default limit of calls shrink to what the ports hold, and refuses a limit that was asked for', () => {
    expect(loadConfig({ flags: { mediaPorts: '20001-20010' } }).maxCalls).toBe(4);
    expect(problem({ flags: { mediaPorts: '20000-20009' }, env: { MIXMINUS_MAX_CALLS: '6' } })).toBe(
      'MIXMINUS_MAX_CALLS: 6 calls need 12 ports, and --media-ports (20000-20009) has room for 5; widen the range or lower the limit',
    );
    expect(problem({ flags: { maxCalls: 9000 } })).toContain(
      'the default of --media-ports (16384-32767) has room for 8192',
    );
  });

  it('cuts long and unprintable values short', () => {
    const message = problem({ flags: { loudest: `\u001b[31m${'x'.repeat(500)}` } });
    expect(message.length).toBeLessThan(200);
    expect(message).not.toContain('\u001b');
  });
});
