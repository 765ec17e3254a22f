import { describe, expect, it } from 'vitest';
import { abiProblems, codecProblems, shippedCodecs } from '../../scripts/lib/abi.mjs';

const good = {
  dynamicSymbols: '0000000000004b40 T napi_register_module_v1\n0000000000004b30 T node_api_module_get_api_version_v1\n',
  dynamicSection:
    ' 0x0000000000000001 (NEEDED)             Shared library: [libgcc_s.so.1]\n' +
    ' 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]\n',
  versions: '0000000000000000      DF *UND*  0000000000000000 (GLIBC_2.34) pthread_create\n',
  glibcFloor: '2.34',
};

describe('abiProblems', () => {
  it('accepts a binary that keeps its promises', () => {
    expect(abiProblems(good)).toEqual([]);
  });

  it.each([
    ['another export', { dynamicSymbols: `${good.dynamicSymbols}0000000000004b50 T opus_encode\n` }],
    ['a missing export', { dynamicSymbols: good.dynamicSymbols.split('\n')[0] ?? '' }],
    ['a strange library', { dynamicSection: `${good.dynamicSection} (NEEDED) Shared library: [libopus.so.0]\n` }],
    ['no library at all', { dynamicSection: '' }],
    ['text relocations', { dynamicSection: `${good.dynamicSection} 0x16 (TEXTREL) 0x0\n` }],
    ['a newer glibc', { versions: '(GLIBC_2.35) _dl_find_object\n' }],
    ['a glibc of two digits', { versions: '(GLIBC_2.100) future\n' }],
    ['the host libstdc++', { versions: '(GLIBCXX_3.4.30) x\n' }],
  ])('refuses %s', (_, change) => {
    expect(abiProblems({ ...good, ...change })).toHaveLength(1);
  });
});

describe('codecProblems', () => {
  it('asks for every codec, Opus included', () => {
    expect(codecProblems(shippedCodecs)).toEqual([]);
    expect(codecProblems(shippedCodecs.filter((codec) => codec !== 'opus'))).toEqual(['lacks the codec opus']);
  });
});
