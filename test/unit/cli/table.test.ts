import { describe, expect, it } from 'vitest';
import { clip, formatTable, LiveBlock } from '../../../src/cli/table.js';

describe('formatTable', () => {
  it('aligns columns under their titles, by characters', () => {
    const columns = [{ title: 'who', align: 'left' as const }, { title: 'level' }];
    expect(
      formatTable(columns, [
        ['alice', '−9 dB'],
        ['ü', '…'],
      ]),
    ).toEqual(['who    level', '─────  ─────', 'alice  −9 dB', 'ü          …']);
  });

  it('stands without rows', () => {
    expect(formatTable([{ title: 'a' }], [])).toEqual(['a', '─']);
  });
});

describe('clip', () => {
  it('cuts what would wrap', () => {
    expect(clip('abcdef', 6)).toBe('abcdef');
    expect(clip('abcdef', 5)).toBe('abcd…');
  });
});

/** A terminal of the few control sequences that are used. */
function screenOf(written: string): string[] {
  const text = written.replaceAll('\x1b', '␛');
  const lines = [''];
  let row = 0;
  let at = 0;
  const token = /␛\[(\d+)A|␛\[2K|␛\[J|\r|\n|[^␛\r\n]+/y;
  while (at < text.length) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (!match) throw new Error(`unknown sequence at ${at}`);
    at = token.lastIndex;
    if (match[1]) row -= Number(match[1]);
    else if (match[0] === '␛[2K') lines[row] = '';
    else if (match[0] === '␛[J') lines.splice(row, lines.length, '');
    else if (match[0] === '\n') {
      row += 1;
      lines[row] ??= '';
    } else if (match[0] !== '\r') lines[row] += match[0];
  }
  return lines;
}

describe('LiveBlock', () => {
  it('paints over what it showed, also with fewer lines, and makes room for ordinary ones', () => {
    let text = '';
    const block = new LiveBlock({ write: (part) => (text += part), columns: 10 });
    text += 'before\n';
    block.show(['one', 'two']);
    block.show(['three', 'four']);
    expect(screenOf(text)).toEqual(['before', 'three', 'four', '']);
    block.show(['five']);
    expect(screenOf(text)).toEqual(['before', 'five', '']);
    block.clear();
    text += 'note\n';
    block.show(['longer than the terminal']);
    expect(screenOf(text)).toEqual(['before', 'note', 'longer th…', '']);
    block.keep();
    block.show(['below']);
    expect(screenOf(text)).toEqual(['before', 'note', 'longer th…', 'below', '']);
  });
});
