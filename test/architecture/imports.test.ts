import { describe, expect, it } from 'vitest';
import { checkImports } from './check/layers.js';
import { parseSource, readSources } from './check/source.js';

function problems(path: string, text: string): string[] {
  return checkImports([parseSource(path, text)]);
}

describe('the import table', () => {
  it('is obeyed by every file of src/', () => {
    const sources = readSources();
    expect(sources.length).toBeGreaterThan(10);
    expect(checkImports(sources)).toEqual([]);
  });

  it.each([
    ['base imports nothing', 'src/base/a.ts', "import { x } from '../session/index.js';"],
    ['a core does not know sessions', 'src/dialog-core/a.ts', "import type { S } from '../session/index.js';"],
    ['dialog does not know media', 'src/dialog/a.ts', "import { x } from '../media/index.js';"],
    ['media does not know dialog', 'src/media/a.ts', "import type { X } from '../dialog/types.js';"],
    ['a core is entered through its index', 'src/dialog/a.ts', "import { x } from '../dialog-core/stack.js';"],
    ['the manager never reaches through to a core', 'src/manager/a.ts', "import { x } from '../media-core/index.js';"],
    ['nothing imports upward', 'src/session/a.ts', "import type { M } from '../manager/index.js';"],
    ['api takes only types from a layer', 'src/api/a.ts', "import { x } from '../dialog/index.js';"],
    ['re-exports count', 'src/api/a.ts', "export { x } from '../media/index.js';"],
    ['import() counts', 'src/bridge/a.ts', "const m = await import('../api/index.js');"],
    ['types by import() count', 'src/bridge/a.ts', "let x: import('../api/index.js').Call;"],
    ['the server uses the public interface', 'src/server/a.ts', "import { x } from '../manager/index.js';"],
    ['the server does not know the command', 'src/server/a.ts', "import { x } from '../cli/main.js';"],
    ['index.ts loads no server', 'src/index.ts', "export { x } from './server/index.js';"],
    ['sip.ts is the SIP core alone', 'src/sip.ts', "export { x } from './api/index.js';"],
    ['the library loads no package', 'src/manager/a.ts', "import { z } from 'zod';"],
    ['the command is not part of the library', 'src/server/a.ts', "import { Command } from 'commander';"],
    ['a new folder needs a line in the table', 'src/utils/a.ts', "import { x } from '../base/ids.js';"],
  ])('%s', (_, path, text) => {
    expect(problems(path, text)).toHaveLength(1);
  });

  it.each([
    ['src/api/a.ts', "import type { X } from '../dialog/index.js';"],
    ['src/api/a.ts', "export { type X, type Y } from '../media/index.js';"],
    ['src/dialog/a.ts', "import { x } from './types.js'; import { y } from '../dialog-core/index.js';"],
    ['src/dialog-core/transport/a.ts', "import { createSocket } from 'node:dgram';"],
    ['src/cli/a.ts', "import { Command } from 'commander'; import { x } from '../server/index.js';"],
    ['src/sip.ts', "export { x } from './dialog-core/index.js';"],
  ])('allows %s: %s', (path, text) => {
    expect(problems(path, text)).toEqual([]);
  });
});
