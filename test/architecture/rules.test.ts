import { describe, expect, it } from 'vitest';
import {
  checkClock,
  checkFileSize,
  checkFunctionSize,
  checkHead,
  checkLoader,
  checkNativeFunctionSize,
  checkPretence,
  checkSkips,
  checkSockets,
  checkWords,
  countLines,
  limits,
  median,
} from './check/rules.js';
import { listFiles, parseSource, readSources, readText, type Source } from './check/source.js';

const sources = readSources();
const native = listFiles(['native'], '.cc', '.h');
const everything = listFiles(
  ['src', 'native', 'test', 'bench', 'scripts', 'cmake'],
  '.ts',
  '.mjs',
  '.cc',
  '.h',
  '.c',
  '.txt',
);

function each(paths: readonly string[], check: (path: string, text: string) => string[]): string[] {
  return paths.flatMap((path) => check(path, readText(path)));
}

function sample(text: string, path = 'src/manager/sample.ts'): Source {
  return parseSource(path, text);
}

describe('sizes', () => {
  it('no file passes its hard stop', () => {
    expect(each([...sources.map((source) => source.path), ...native], checkFileSize)).toEqual([]);
  });

  it('no function passes its hard stop', () => {
    expect(sources.flatMap(checkFunctionSize)).toEqual([]);
    expect(each(native, checkNativeFunctionSize)).toEqual([]);
  });

  it('the median file is short', () => {
    expect(median(sources.map((source) => countLines(source.text)))).toBeLessThanOrEqual(limits.tsMedianLines);
  });

  it('refuses what is too long', () => {
    expect(checkFileSize('src/a.ts', 'x\n'.repeat(400))).toEqual([]);
    expect(checkFileSize('src/a.ts', 'x\n'.repeat(401))).toHaveLength(1);
    expect(checkFileSize('native/a.cc', 'x\n'.repeat(450))).toEqual([]);
    expect(checkFileSize('native/a.cc', 'x\n'.repeat(451))).toHaveLength(1);
    const body = '  x();\n'.repeat(79);
    expect(checkFunctionSize(sample(`function f() {\n${body}}\n`))).toHaveLength(1);
    expect(checkFunctionSize(sample(`const f = () => {\n${body}};\n`))).toHaveLength(1);
    expect(checkFunctionSize(sample(`class A {\n  m() {\n${body.slice(7)}}\n}\n`))).toEqual([]);
    expect(checkNativeFunctionSize('a.cc', `void F() {\n${body}}\n`)).toHaveLength(1);
    expect(checkNativeFunctionSize('a.h', `class A {\n  void F() {\n${'    x();\n'.repeat(79)}  }\n};\n`)).toHaveLength(
      1,
    );
    expect(checkNativeFunctionSize('a.cc', `namespace a {\n${'void F() {\n  x();\n}\n'.repeat(40)}}\n`)).toEqual([]);
  });
});

describe('the one clock', () => {
  it('is the only source of time in src/', () => {
    expect(sources.flatMap(checkClock)).toEqual([]);
  });

  it.each([
    'setTimeout(f, 1);',
    'globalThis.setInterval(f, 1);',
    'const t = Date.now();',
    'const t = performance.now();',
    'const t = new Date();',
    'const t = process.hrtime.bigint();',
    "import { setTimeout as wait } from 'node:timers/promises';",
  ])('refuses %s', (text) => {
    expect(checkClock(sample(text))).not.toEqual([]);
  });

  it('allows dates that are given, comments, and the clock itself', () => {
    expect(checkClock(sample('const d = new Date(nowMs); // not Date.now()'))).toEqual([]);
    expect(checkClock(sample('setTimeout(f, 1);', 'src/base/clock.ts'))).toEqual([]);
  });
});

describe('doors', () => {
  it('binding.ts is the only loader of the addon', () => {
    expect(sources.flatMap(checkLoader)).toEqual([]);
    expect(checkLoader(sample("require('./build/Release/mixminus.node');"))).toHaveLength(1);
    expect(checkLoader(sample("import { createRequire } from 'node:module';"))).toHaveLength(1);
  });

  it('dialog-core/transport is the only place with sockets', () => {
    expect(sources.flatMap(checkSockets)).toEqual([]);
    expect(checkSockets(sample("import { createSocket } from 'node:dgram';"))).toHaveLength(1);
    expect(checkSockets(sample("import { isIP, connect } from 'node:net';"))).toHaveLength(1);
    expect(checkSockets(sample("import { isIP } from 'node:net'; import type { Socket } from 'node:dgram';"))).toEqual(
      [],
    );
  });
});

describe('what a file says', () => {
  it('each source begins with what it is', () => {
    // A .cc file with a header of its name has its head there.
    const own = native.filter((path) => path.endsWith('.h') || !native.includes(path.replace(/\.cc$/, '.h')));
    expect(each([...sources.map((source) => source.path), ...own], checkHead)).toEqual([]);
    expect(checkHead('src/a.ts', "import x from 'y';")).toHaveLength(1);
    expect(checkHead('native/a.cc', '// Short.\n#include <x>\n')).toHaveLength(1);
    expect(
      checkHead('src/a.ts', '#!/usr/bin/env node\n/** The command: reads its options and starts the server. */'),
    ).toEqual([]);
  });

  it('no work is left open and nothing pretends', () => {
    expect(each(everything, checkWords)).toEqual([]);
    expect(each([...sources.map((source) => source.path), ...native], checkPretence)).toEqual([]);
    expect(checkWords('a.ts', `// ${'TO'}${'DO'}: later`)).toHaveLength(1);
    expect(checkPretence('a.ts', "throw new Error('Not implemented');")).toHaveLength(1);
    expect(checkPretence('a.ts', "[501, 'Not Implemented'],")).toEqual([]);
  });

  it('every test runs', () => {
    const tests = listFiles(['test'], '.test.ts', '_test.cc').filter((path) => !path.startsWith('test/architecture/'));
    expect(each(tests, checkSkips)).toEqual([]);
    expect(checkSkips('a.test.ts', "it.skip('x', f);")).toHaveLength(1);
    expect(checkSkips('a.test.ts', "describe.skipIf(ci)('x', f);")).toHaveLength(1);
    expect(checkSkips('a_test.cc', 'TEST_CASE("x" * doctest::skip())')).toHaveLength(1);
  });
});
