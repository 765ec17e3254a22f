import { describe, expect, it } from 'vitest';
import type { DemoCaller } from '../../../src/cli/demo-callers.js';
import type { Heard } from '../../../src/cli/demo-verdict.js';
import { type CallerStatus, DemoView } from '../../../src/cli/demo-view.js';
import { Output } from '../../../src/cli/output.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function makeView(options: { json?: boolean; terminal?: boolean } = {}): { view: DemoView; lines: () => string[] } {
  let text = '';
  const stream = { write: (part: string) => (text += part), isTTY: options.terminal ?? false, columns: 80 };
  const output = new Output(stream, { json: options.json ?? false, clock: new VirtualClock() });
  return { view: new DemoView(output), lines: () => text.trimEnd().split('\n') };
}

const audio = {
  levelInDbov: -20.4,
  levelOutDbov: -127,
  lossPercent: 1.25,
  jitterMs: 0.34,
  delayMs: 40,
  rttMs: 0,
  packetsReceived: 50,
  packetsSent: 50,
  talking: true,
};
const callers: CallerStatus[] = [
  {
    name: 'alice',
    audio,
    hears: new Map([
      ['alice', -80],
      ['bob', -0.04],
    ]),
  },
  {
    name: 'bob',
    audio: undefined,
    hears: new Map([
      ['alice', undefined],
      ['bob', undefined],
    ]),
  },
];

describe('DemoView', () => {
  it('shows a table that fits a terminal of 80 columns', () => {
    const { view, lines } = makeView();
    view.finished(callers);
    expect(lines()).toEqual([
      'who hears  alice     bob      in     out   loss  jitter  delay',
      '─────────  ─────  ──────  ──────  ──────  ─────  ──────  ─────',
      'alice          —  0.0 dB  -20 dB  silent  1.3 %  0.3 ms  40 ms',
      'bob            …       …       …       …      …       …      …',
    ]);
    for (const line of lines()) expect(line.length).toBeLessThan(80);
  });

  it('cries out when somebody hears itself', () => {
    const { view, lines } = makeView();
    view.finished([{ name: 'alice', audio, hears: new Map([['alice', -3]]) }]);
    expect(lines()[2]).toContain('ECHO -3.0 dB');
  });

  it('prints a line each second where lines cannot be painted over', () => {
    const { view, lines } = makeView();
    for (const seconds of [0.5, 1, 1.5, 2]) view.update(seconds, callers);
    expect(lines()).toEqual([
      '  1 s  alice hears bob (-20 dB); bob hears … (…)',
      '  2 s  alice hears bob (-20 dB); bob hears … (…)',
    ]);
  });

  it('tells programs status and result', () => {
    const { view, lines } = makeView({ json: true });
    view.update(0.5, callers);
    view.update(1, callers);
    const pairs: Heard[] = [
      { listener: 'alice', speaker: 'alice', levelDb: -71.23, shouldHear: false, ok: true },
      { listener: 'alice', speaker: 'bob', levelDb: -9, shouldHear: true, ok: false },
    ];
    view.result(pairs, '/tmp/x', [{ name: 'alice', path: '/tmp/x/alice-heard.wav' } as unknown as DemoCaller]);
    expect(lines().map((line) => JSON.parse(line))).toMatchObject([
      {
        event: 'status',
        seconds: 1,
        callers: [{ name: 'alice', hears: { alice: -80, bob: 0 }, lossPercent: 1.25 }, { hears: { bob: null } }],
      },
      {
        event: 'result',
        ok: false,
        folder: '/tmp/x',
        callers: [
          {
            name: 'alice',
            file: '/tmp/x/alice-heard.wav',
            heard: [{ speaker: 'alice', levelDb: -71.2 }, { ok: false }],
          },
        ],
        failures: ['alice did not hear bob well enough: -9.0 dB against what was sent'],
      },
    ]);
  });
});
