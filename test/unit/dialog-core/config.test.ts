import { describe, expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { isWildcard, resolveConfig } from '../../../src/dialog-core/config.js';
import { type DialogCoreConfig, defaultLimits, defaultTimers, SipEndpoint } from '../../../src/dialog-core/index.js';

const listen = [{ transport: 'udp', address: '0.0.0.0', port: 5060 }] as const;

test('what is not given has its default', () => {
  const config = resolveConfig({ listen, timers: { t1Ms: 100 }, limits: { maxUsages: 3 } });
  expect(config.timers).toEqual({ ...defaultTimers, t1Ms: 100 });
  expect(config.limits).toEqual({ ...defaultLimits, maxUsages: 3 });
  expect(config.userAgent).toBe(`mixminus/${manifest.version}`);
  expect(defaultTimers).toEqual({ t1Ms: 500, t2Ms: 4000, t4Ms: 5000, timerCMs: 180_000 });
});

describe('a configuration that makes no sense throws ERR_CONFIG and names the key', () => {
  const wrong: [key: string, config: Partial<Record<keyof DialogCoreConfig, unknown>>][] = [
    ['listen', { listen: [] }],
    ['listen[0].address', { listen: [{ ...listen[0], address: 'localhost' }] }],
    ['listen[1].port', { listen: [listen[0], { ...listen[0], port: 70_000 }] }],
    ['listen[0].transport', { listen: [{ ...listen[0], transport: 'sctp' }] }],
    ['tls', { tls: { cert: 'x' } }],
    ['tls', { tls: { key: 'x' } }],
    ['limits.maxConnections', { limits: { maxConnections: 0 } }],
    ['advertise', { advertise: 'example.org' }],
    ['advertise', { advertise: '0.0.0.0' }],
    ['userAgent', { userAgent: 'a\r\nb' }],
    ['timers.t1Ms', { timers: { t1Ms: 0 } }],
    ['timers.t1Ms', { timers: { t1Ms: Number.NaN } }],
    ['timers.t2Ms', { timers: { t1Ms: 500, t2Ms: 400 } }],
    ['timers.t9Ms', { timers: { t9Ms: 4 } }],
    ['limits.maxUsages', { limits: { maxUsages: -1 } }],
    ['limits.retryAfterS', { limits: { retryAfterS: '5' } }],
  ];
  test.each(wrong)('%s', (key, config) => {
    const act = (): unknown => new SipEndpoint({ listen, ...config } as DialogCoreConfig);
    expect(act).toThrowError(expect.objectContaining({ code: 'ERR_CONFIG' }));
    expect(act).toThrowError(new RegExp(`^${key.replace(/[[\].]/g, '\\$&')}: `));
  });
});

test('every spelling of the wildcard is one', () => {
  expect(['0.0.0.0', '::', '0::0', '0:0:0:0:0:0:0:0'].every(isWildcard)).toBe(true);
  expect(['127.0.0.1', '::1', '10.0.0.0', '', ':'].some(isWildcard)).toBe(false);
});
