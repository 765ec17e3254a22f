/**
 * WAV files of tests: 16-bit mono PCM, written for peers to play and read back from what they and we recorded. Independent of the
 * library's own reader and writer.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { toneRateHz } from './tone.js';

/** Samples of a 16-bit mono PCM file at 8 kHz; throws for any other. A length that was never filled in means "to the end". */
export function readWav(path: string): Int16Array {
  const bytes = readFileSync(path);
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error(`${path} is no WAV file`);
  }
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const start = at + 8;
    if (name === 'fmt ') {
      const format = { channels: bytes.readUInt16LE(start + 2), rateHz: bytes.readUInt32LE(start + 4) };
      const bits = bytes.readUInt16LE(start + 14);
      if (format.channels !== 1 || format.rateHz !== toneRateHz || bits !== 16) {
        throw new Error(`${path}: ${format.channels} channels, ${format.rateHz} Hz, ${bits} bits`);
      }
    }
    if (name === 'data') {
      const end = size === 0 || start + size > bytes.length ? bytes.length : start + size;
      const samples = new Int16Array((end - start) >> 1);
      for (let index = 0; index < samples.length; index += 1) samples[index] = bytes.readInt16LE(start + 2 * index);
      return samples;
    }
    at = start + size + (size % 2);
  }
  throw new Error(`${path} has no samples`);
}

/** Writes 8 kHz mono. */
export function writeWav(path: string, pcm: Int16Array): void {
  const header = Buffer.alloc(44);
  const dataBytes = 2 * pcm.length;
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(toneRateHz, 24);
  header.writeUInt32LE(2 * toneRateHz, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  writeFileSync(path, Buffer.concat([header, Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength)]));
}
