/**
 * Tables of text, and a block of lines that is painted over on a terminal. Layout is pure; used by `mixminus call` and `mixminus demo`.
 */
import type { TextStream } from './context.js';

export interface Column {
  readonly title: string;
  /** Numbers stand at the right. Default 'right'. */
  readonly align?: 'left' | 'right';
}

/** Lines of equal width: titles, a rule, then the rows. Widths count code points, which is right for what we print. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(width(title), ...rows.map((row) => width(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => pad(cells[index] ?? '', widths[index] ?? 0, align ?? 'right'))
      .join('  ')
      .trimEnd();
  const rule = widths.map((count) => '─'.repeat(count)).join('  ');
  return [line(columns.map(({ title }) => title)), rule, ...rows.map(line)];
}

function width(text: string): number {
  return [...text].length;
}

function pad(text: string, to: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, to - width(text)));
  return align === 'left' ? text + space : space + text;
}

/** Cuts a line to the terminal's width, since a wrapped line could not be painted over. */
export function clip(text: string, columns: number): string {
  const characters = [...text];
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}

const up = (lines: number): string => (lines > 0 ? `\x1b[${lines}A` : '');
const clearLine = '\x1b[2K';
const clearBelow = '\x1b[J';

/** Lines at the bottom of a terminal that each `show` paints over; ordinary lines go above them through `above`. */
export class LiveBlock {
  readonly #stream: TextStream;
  #shown = 0;

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  show(lines: readonly string[]): void {
    // 80 columns where the terminal does not say, or says 0.
    const columns = this.#stream.columns || 80;
    const text = lines.map((line) => `${clearLine}${clip(line, columns)}\n`).join('');
    this.#stream.write(`\r${up(this.#shown)}${text}${clearBelow}`);
    this.#shown = lines.length;
  }

  /** Takes the lines away. */
  clear(): void {
    if (this.#shown > 0) this.#stream.write(`\r${up(this.#shown)}${clearBelow}`);
    this.#shown = 0;
  }

  /** Leaves the lines where they are; the next `show` begins below them. */
  keep(): void {
    this.#shown = 0;
  }
}
