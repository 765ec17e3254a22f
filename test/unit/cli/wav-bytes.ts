/** Writes WAV files for tests of the reader, right or wrong in one place. */

export interface WavParts {
  readonly rateHz?: number;
  readonly channels?: number;
  readonly bits?: number;
  readonly format?: number;
  readonly samples?: Int16Array;
  /** What the header claims instead of the true length. */
  readonly dataBytes?: number;
  /** A chunk of odd length before the format. */
  readonly extraChunk?: boolean;
}

export function makeWav(parts: WavParts = {}): Uint8Array {
  const { rateHz = 8000, channels = 1, bits = 16, format = 1, samples = new Int16Array(80) } = parts;
  const fmt = Buffer.alloc(24);
  fmt.write('fmt ');
  fmt.writeUInt32LE(16, 4);
  fmt.writeUInt16LE(format, 8);
  fmt.writeUInt16LE(channels, 10);
  fmt.writeUInt32LE(rateHz, 12);
  fmt.writeUInt32LE((rateHz * channels * bits) / 8, 16);
  fmt.writeUInt16LE((channels * bits) / 8, 20);
  fmt.writeUInt16LE(bits, 22);
  const body = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const data = Buffer.alloc(8);
  data.write('data');
  data.writeUInt32LE(parts.dataBytes ?? body.length, 4);
  const extra = parts.extraChunk ? Buffer.from('LIST\x03\0\0\0abc\0', 'latin1') : Buffer.alloc(0);
  const riff = Buffer.from('RIFF\0\0\0\0WAVE', 'latin1');
  return Buffer.concat([riff, extra, fmt, data, body]);
}
