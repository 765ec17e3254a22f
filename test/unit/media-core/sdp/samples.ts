/**
 * Session descriptions in the shape that well-known programs give them, written for these tests, and small helpers to make variants.
 */
import { parseSdp, type SessionDescription } from '../../../../src/media-core/sdp/index.js';
import type { LocalMedia } from '../../../../src/media-core/sdp/types.js';

export const local: LocalMedia = {
  address: '192.0.2.1',
  rtpPort: 16_384,
  rtcpPort: 16_385,
  sessionId: '7001',
  sessionVersion: 1,
  codecs: ['pcmu', 'pcma'],
  direction: 'sendrecv',
  ptimeMs: 20,
};

export const local6: LocalMedia = { ...local, address: '2001:db8::1' };

/** Joins lines the way SIP bodies carry them. */
export function lines(...text: string[]): string {
  return `${text.join('\r\n')}\r\n`;
}

/** Parses a text that must be good. */
export function parsed(text: string): SessionDescription {
  const result = parseSdp(text);
  if (!result.ok) throw new Error(`${result.problem.code} in line ${result.problem.line}: ${result.problem.message}`);
  return result.description;
}

/** An offer with the given media lines and a numeric address; session lines may be put before the first m=. */
export function offer(...media: string[]): SessionDescription {
  return parsed(lines('v=0', 'o=peer 100 1 IN IP4 198.51.100.7', 's=-', 'c=IN IP4 198.51.100.7', 't=0 0', ...media));
}

/** A soft phone with many codecs, telephone-event at several clocks, and RTCP feedback hints on plain AVP. */
export const linphone = lines(
  'v=0',
  'o=alice 3301 2206 IN IP4 198.51.100.7',
  's=Talk',
  'c=IN IP4 198.51.100.7',
  't=0 0',
  'a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics',
  'a=record:off',
  'm=audio 7078 RTP/AVP 96 97 98 0 8 18 101 99 100',
  'a=rtpmap:96 opus/48000/2',
  'a=fmtp:96 useinbandfec=1',
  'a=rtpmap:97 speex/16000',
  'a=fmtp:97 vbr=on',
  'a=rtpmap:98 speex/8000',
  'a=fmtp:98 vbr=on',
  'a=fmtp:18 annexb=yes',
  'a=rtpmap:101 telephone-event/48000',
  'a=rtpmap:99 telephone-event/16000',
  'a=rtpmap:100 telephone-event/8000',
  'a=rtcp-fb:* trr-int 5000',
  'm=video 9078 RTP/AVP 96',
  'a=rtpmap:96 VP8/90000',
);

/** A console phone that offers rtcp-mux, a label and its port of RTCP. */
export const baresip = lines(
  'v=0',
  'o=- 1850323617 938422144 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'a=tool:baresip 1.0.0',
  'm=audio 10030 RTP/AVP 0 8 101',
  'b=AS:125',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=rtcp:10031',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=label:1',
  'a=ssrc:1534617432 cname:sip:alice@127.0.0.1',
  'a=ptime:20',
);

/** A load generator's body: one static codec, little else. */
export const sipp = lines(
  'v=0',
  'o=user1 53655765 2353687637 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 6000 RTP/AVP 0',
  'a=rtpmap:0 PCMU/8000',
);

/** A PBX: named session, maxptime, telephone-event last. */
export const asterisk = lines(
  'v=0',
  'o=- 1821452113 1821452113 IN IP4 198.51.100.20',
  's=Asterisk',
  'c=IN IP4 198.51.100.20',
  't=0 0',
  'm=audio 18214 RTP/AVP 8 0 3 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:3 GSM/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=ptime:20',
  'a=maxptime:150',
  'a=sendrecv',
);

/** A desk phone that writes its user's name into o= and forgets the blank rules. */
export const deskPhone = lines(
  'v=0',
  'o=Front Desk 20000 20000 IN IP4 198.51.100.31',
  's=',
  'c=IN IP4 198.51.100.31',
  't=0 0',
  'm=audio 11788 RTP/AVP 0 8 18 9 96',
  'a=sendrecv',
  'a=rtpmap:96 telephone-event/8000',
  'a=fmtp:96 0-15',
  'a=ptime:30',
  '',
);

/** A browser: DTLS-SRTP, ICE, BUNDLE; no phone without SRTP can take it. */
export const browser = lines(
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS stream',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=ice-ufrag:4ZcD',
  'a=ice-pwd:2/1muCWoOi3uLifh0NuRHlSg',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${'AB:'.repeat(31)}AB`,
  'a=setup:actpass',
  'a=mid:0',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=sendrecv',
  'a=msid:stream track',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:13 CN/8000',
  'a=rtpmap:110 telephone-event/48000',
  'a=rtpmap:126 telephone-event/8000',
  'a=ssrc:1001 cname:abc',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=mid:1',
  'a=sctp-port:5000',
);

export const realWorld: Readonly<Record<string, string>> = { linphone, baresip, sipp, asterisk, deskPhone, browser };
