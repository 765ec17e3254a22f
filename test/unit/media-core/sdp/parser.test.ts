import { describe, expect, it } from 'vitest';
import { parseSdp } from '../../../../src/media-core/sdp/index.js';
import { baresip, deskPhone, lines, linphone, parsed, realWorld, sipp } from './samples.js';

function problemOf(text: string | Uint8Array, limits?: Parameters<typeof parseSdp>[1]): string {
  const result = parseSdp(text, limits);
  return result.ok ? 'ok' : `${result.problem.code}@${result.problem.line}`;
}

const head = ['v=0', 'o=- 1 1 IN IP4 198.51.100.7', 's=-', 't=0 0'];

describe('parseSdp', () => {
  it('reads every part that negotiation needs', () => {
    expect(parsed(baresip)).toEqual({
      origin: {
        username: '-',
        sessionId: '1850323617',
        sessionVersion: '938422144',
        family: 'IP4',
        address: '127.0.0.1',
      },
      sessionName: '-',
      connection: { family: 'IP4', address: '127.0.0.1' },
      bandwidths: [],
      timings: ['0 0'],
      attributes: [['tool', 'baresip 1.0.0']],
      media: [
        {
          kind: 'audio',
          port: 10_030,
          portCount: 1,
          protocol: 'RTP/AVP',
          formats: ['0', '8', '101'],
          bandwidths: [{ type: 'AS', value: 125 }],
          attributes: [
            ['rtpmap', '0 PCMU/8000'],
            ['rtpmap', '8 PCMA/8000'],
            ['rtpmap', '101 telephone-event/8000'],
            ['fmtp', '101 0-15'],
            ['rtcp', '10031'],
            ['sendrecv', undefined],
            ['rtcp-mux', undefined],
            ['label', '1'],
            ['ssrc', '1534617432 cname:sip:alice@127.0.0.1'],
            ['ptime', '20'],
          ],
        },
      ],
    });
  });

  it.each(Object.entries(realWorld))('accepts what %s sends', (_name, text) => {
    expect(problemOf(text)).toBe('ok');
  });

  it('gives attributes and connections to the section they stand in', () => {
    const { attributes, media } = parsed(linphone);
    expect(attributes.map(([name]) => name)).toEqual(['rtcp-xr', 'record']);
    expect(media.map((section) => section.attributes.length)).toEqual([11, 1]);
  });

  it('reads an o= line whose user name has blanks, from the right', () => {
    expect(parsed(deskPhone).origin).toMatchObject({ username: 'Front Desk', sessionId: '20000' });
  });

  it.each([
    ['single newlines', sipp.replaceAll('\r\n', '\n')],
    ['no line end at the end', sipp.trimEnd()],
    ['blank lines', `\r\n${sipp.replace('s=-', 's=-\r\n')}\r\n\r\n`],
    ['blanks at line ends', sipp.replaceAll('\r\n', '  \r\n')],
    ['bytes', Buffer.from(sipp)],
    ['no s= line', sipp.replace('s=-\r\n', '')],
    ['an empty s= line', sipp.replace('s=-', 's=')],
    ['no t= line', sipp.replace('t=0 0\r\n', '')],
    ['a= before t=', sipp.replace('s=-', 's=-\r\na=')],
    [
      'lines that nothing reads',
      sipp.replace('t=0 0', 'i=x\r\nu=http://x\r\ne=a@b\r\np=1\r\nt=0 0\r\nr=1 2 3\r\nz=1 2\r\nk=clear:x'),
    ],
    ['lower-case types', sipp.replaceAll('IN IP4', 'in ip4')],
  ])('is lenient about %s', (_name, text) => {
    const result = parseSdp(text);
    expect(result.ok && result.description).toEqual(parsed(sipp));
  });

  it.each([
    ['', 'missing-origin@0'],
    ['\r\n \r\n', 'missing-origin@0'],
    ['v=0\r\n', 'missing-origin@0'],
    ['v=1\r\n', 'bad-version@1'],
    ['o=- 1 1 IN IP4 198.51.100.7\r\nv=0\r\n', 'bad-version@1'],
    [lines(...head, 'v=0'), 'bad-version@5'],
    [lines('v=0', 'o=- 1 1 IN IP4'), 'bad-origin@2'],
    [lines('v=0', 'o=- 1 1 ATM NSAP 47.0091'), 'bad-origin@2'],
    [lines(...head, 'o=- 1 1 IN IP4 198.51.100.7'), 'bad-origin@5'],
    [lines(...head, 'x=1'), 'unknown-type@5'],
    [lines(...head, 'A=1'), 'unknown-type@5'],
    [lines(...head, 'nonsense'), 'bad-line@5'],
    [lines(...head, 'm=audio 1 RTP/AVP 0', 's=late'), 'bad-line@6'],
    [lines(...head, 'a=x\ry:1'), 'bad-character@5'],
    [lines(...head, 'a=x\0'), 'bad-character@5'],
    [lines(...head, 'c=IN IP4'), 'bad-connection@5'],
    [lines(...head, 'c=IN IP5 198.51.100.7'), 'bad-connection@5'],
    [lines(...head, 'c=IN IP4 198.51.100.7 8'), 'bad-connection@5'],
    [lines(...head, 'm=audio 5004 RTP/AVP'), 'bad-media@5'],
    [lines(...head, 'm=audio'), 'bad-media@5'],
    [lines(...head, 'm=audio 65536 RTP/AVP 0'), 'bad-media@5'],
    [lines(...head, 'm=audio -1 RTP/AVP 0'), 'bad-media@5'],
    [lines(...head, 'm=audio 5004/0 RTP/AVP 0'), 'bad-media@5'],
    [lines(...head, 'm=audio 0x10 RTP/AVP 0'), 'bad-media@5'],
  ])('says what is wrong with %j', (text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });

  it('has bounds on size, lines, streams and formats', () => {
    expect(problemOf(`${sipp}${'a=x\r\n'.repeat(20_000)}`)).toBe('too-large@0');
    expect(problemOf(`${sipp}${'a=x\n'.repeat(2000)}`)).toBe('too-many-lines@0');
    const media = (count: number): string => lines(...head, ...Array<string>(count).fill('m=audio 0 RTP/AVP 0'));
    expect(problemOf(media(32))).toBe('ok');
    expect(problemOf(media(33))).toBe('too-many-media@37');
    expect(problemOf(lines(...head, `m=audio 0 RTP/AVP${' 0'.repeat(129)}`))).toBe('too-many-formats@5');
    expect(problemOf(sipp, { maxBytes: 20 })).toBe('too-large@0');
  });

  it('keeps the first of several addresses', () => {
    const { connection } = parsed(lines(...head, 'c=IN IP4 198.51.100.1', 'c=IN IP4 198.51.100.2'));
    expect(connection?.address).toBe('198.51.100.1');
  });

  it('keeps a port count, and ignores what no attribute and no bandwidth can be', () => {
    const { media } = parsed(lines(...head, 'm=audio 5004/2 RTP/AVP 0', 'b=AS:many', 'a=', 'a=:x', 'a=y:'));
    expect(media[0]).toMatchObject({ port: 5004, portCount: 2, bandwidths: [], attributes: [['y', '']] });
  });
});
