/** Files that the papers name exist, so that a move of code moves the papers. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const papers = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md', 'docs/rfc-status.md'];

/** Paths in backquotes below the tree's own folders, plain links too, which begin at the paper. */
function pathsIn(text: string, paper: string): URL[] {
  const quoted = text.matchAll(/`((?:src|native|test|bench|scripts|examples|docs)\/[\w./-]+)`/g);
  const linked = text.matchAll(/\]\((?!https?:|#)([^)\s]+)\)/g);
  return [
    ...[...quoted].map((match) => new URL(match[1] as string, root)),
    ...[...linked].map((match) => new URL(match[1] as string, new URL(paper, root))),
  ];
}

it.each(papers)('%s names files that exist', (paper) => {
  const paths = pathsIn(readFileSync(new URL(paper, root), 'utf8'), paper);
  expect(paths.length).toBeGreaterThan(0);
  const missing = paths.filter((path) => !existsSync(fileURLToPath(path)));
  expect(missing.map(({ pathname }) => pathname)).toEqual([]);
});
