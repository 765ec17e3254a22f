import { defineConfig } from 'tsdown';

// One build gives both formats. The command line is a program, so it exists as an ES module only. Chunks are
// shared inside a format. Dependencies stay outside: the ones of package.json are installed with the package.
const library = { index: 'src/index.ts', sip: 'src/sip.ts', 'server/index': 'src/server/index.ts' };

export default defineConfig({
  entry: library,
  format: {
    esm: { entry: { ...library, 'cli/main': 'src/cli/main.ts' } },
    cjs: {},
  },
  platform: 'node',
  target: 'node20',
  fixedExtension: false,
  shims: true,
  dts: true,
  sourcemap: true,
  clean: true,
});
