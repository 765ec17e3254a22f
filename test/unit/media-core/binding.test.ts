import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SessionError } from '../../../src/base/errors.js';
import {
  type BinaryHost,
  binaryCandidates,
  loadBinding,
  loadBindingFrom,
  packageRoot,
} from '../../../src/media-core/binding.js';

const host: BinaryHost = { platform: 'linux', arch: 'x64', musl: false, prebuildsOnly: false };
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mixminus-binding-'));
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({ name: 'mixminus', version: '9.8.7', binary: { glibc: '2.34' } }),
  );
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function put(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, 'not a shared object');
}

function failure(run: () => unknown): SessionError {
  try {
    run();
  } catch (error) {
    if (error instanceof SessionError) return error;
    throw error;
  }
  throw new Error('expected a SessionError');
}

describe('binaryCandidates', () => {
  it('prefers the binary built here, then the shipped one', () => {
    expect(binaryCandidates('/p', host)).toEqual([
      '/p/build/Release/mixminus.node',
      '/p/prebuilds/linux-x64/mixminus.glibc.node',
    ]);
  });

  it('looks only at shipped binaries when asked to, and tells musl from glibc', () => {
    expect(binaryCandidates('/p', { ...host, arch: 'arm64', musl: true, prebuildsOnly: true })).toEqual([
      '/p/prebuilds/linux-arm64/mixminus.musl.node',
    ]);
  });

  it('has no libc tag where there is only one', () => {
    expect(binaryCandidates('/p', { ...host, platform: 'darwin', prebuildsOnly: true })).toEqual([
      '/p/prebuilds/darwin-x64/mixminus.node',
    ]);
  });
});

describe('loadBindingFrom', () => {
  it('returns the first binary of the right version', () => {
    const [built, shipped] = binaryCandidates(root, host) as [string, string];
    put(built);
    put(shipped);
    const asked: string[] = [];
    const binding = loadBindingFrom(root, host, (file) => {
      asked.push(file);
      return { version: '9.8.7' };
    });
    expect(binding.version).toBe('9.8.7');
    expect(asked).toEqual([built]);
  });

  it('passes over a binary of another version', () => {
    const [built, shipped] = binaryCandidates(root, host) as [string, string];
    put(built);
    put(shipped);
    const binding = loadBindingFrom(root, host, (file) => ({ version: file === built ? '0.0.1' : '9.8.7', file }));
    expect(binding).toMatchObject({ file: shipped });
  });

  it('says which files it looked at, why each was refused, and what to do', () => {
    const [built, shipped] = binaryCandidates(root, host) as [string, string];
    put(shipped);
    const error = failure(() => loadBindingFrom(root, host));
    expect(error.code).toBe('ERR_NO_BINARY');
    expect(error.message).toContain('linux-x64, glibc ');
    expect(error.message).toContain(`${built}: no such file`);
    expect(error.message).toMatch(/mixminus\.glibc\.node: .*(file too short|invalid ELF header)/);
    expect(error.message).toContain('glibc 2.34 or later');
    expect(error.message).toContain('npx cmake-js rebuild');
  });
});

describe('packageRoot', () => {
  it('walks up past other packages to its own', () => {
    const nested = join(root, 'dist', 'cli');
    mkdirSync(nested, { recursive: true });
    writeFileSync(join(root, 'dist', 'package.json'), '{"type":"commonjs"}');
    expect(packageRoot(nested)).toBe(root);
  });

  it('fails with a code outside the package', () => {
    expect(failure(() => packageRoot('/')).code).toBe('ERR_NO_BINARY');
  });
});

describe('loadBinding', () => {
  it('loads the addon of this checkout, once', () => {
    const binding = loadBinding();
    expect(binding.capabilities().codecs).toEqual(expect.arrayContaining(['pcmu', 'pcma']));
    expect(loadBinding()).toBe(binding);
  });
});
