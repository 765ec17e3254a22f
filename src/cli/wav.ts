/**
 * Reads RIFF/WAVE: the header of what `mixminus call` is to play, and the samples of what the demo recorded. Pure; every bound is checked.
 * Playing itself is the media engine's work, which decodes the file on its own.
 */

export type ParsedWav =
  | {
      readonly ok: true;
      readonly rateHz: number;
      readonly channels: number;
      readonly bits: number;
      /** 1 PCM, 3 float, 6 A-law, 7 µ-law (RFC 2361). */
      readonly format: number;
      /** Samples of each channel. */
      readonly frames: number;
      readonly data: Uint8Array;
    }
  /** `problem` follows the file's name: "… is not a WAV file". */
  | { readonly ok: false; readonly problem: string };

const bitsOf: Readonly<Record<number, readonly number[]>> = { 1: [8, 16, 24, 32], 3: [32], 6: [8], 7: [8] };
const extensible = 0xfffe;

function bad(problem: string): ParsedWav {
  return { ok: false, problem };
}

/** Finds format and samples. A data chunk that claims more than is there (a stream of unknown length) ends with the file. */
export function parseWav(bytes: Uint8Array): ParsedWav {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') return bad('is not a WAV file');
  let format: DataView | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const length = Math.min(size, bytes.length - at - 8);
    if (tag(at) === 'fmt ') format = new DataView(bytes.buffer, bytes.byteOffset + at + 8, length);
    if (tag(at) === 'data') return describe(format, bytes.subarray(at + 8, at + 8 + length));
    // Chunks start at even offsets.
    at += 8 + size + (size % 2);
  }
  return bad('is a WAV file without sound (no data chunk)');
}

function describe(view: DataView | undefined, data: Uint8Array): ParsedWav {
  if (!view || view.byteLength < 16) return bad('is a WAV file without a format chunk before its sound');
  const tag = view.getUint16(0, true);
  // In the extensible form the format stands in the first two bytes of a GUID.
  const format = tag === extensible && view.byteLength >= 26 ? view.getUint16(24, true) : tag;
  const channels = view.getUint16(2, true);
  const rateHz = view.getUint32(4, true);
  const bits = view.getUint16(14, true);
  if (!bitsOf[format]?.includes(bits)) {
    return bad(`holds a sound format that cannot be played (WAVE format ${format}, ${bits} bits)`);
  }
  if (channels < 1 || channels > 8) return bad(`has ${channels} channels; up to 8 can be played`);
  if (rateHz < 4000 || rateHz > 192_000) return bad(`has ${rateHz} samples a second; 4000 to 192000 can be played`);
  const frames = Math.floor(data.length / (channels * (bits / 8)));
  if (frames === 0) return bad('holds no sound');
  return { ok: true, rateHz, channels, bits, format, frames, data };
}

/** The first channel of 16-bit PCM; throws on other formats, which neither our recorder nor espeak-ng writes. */
export function readPcm16(bytes: Uint8Array): { rateHz: number; samples: Int16Array } {
  const wav = parseWav(bytes);
  if (!wav.ok) throw new Error(`the recording ${wav.problem}`);
  if (wav.format !== 1 || wav.bits !== 16) throw new Error('the recording is not 16-bit PCM');
  const view = new DataView(wav.data.buffer, wav.data.byteOffset, wav.data.byteLength);
  const samples = new Int16Array(wav.frames);
  for (let index = 0; index < wav.frames; index += 1) samples[index] = view.getInt16(index * wav.channels * 2, true);
  return { rateHz: wav.rateHz, samples };
}
