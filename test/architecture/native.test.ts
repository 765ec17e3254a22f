import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkIncludes } from './check/native-includes.js';
import { listFiles, readText, root } from './check/source.js';

describe('the include table of native/', () => {
  it('is obeyed by every file', () => {
    const files = listFiles(['native'], '.cc', '.h');
    expect(files.length).toBeGreaterThan(0);
    const exists = (path: string): boolean => existsSync(join(root, path));
    expect(files.flatMap((path) => checkIncludes(path, readText(path), exists))).toEqual([]);
  });

  it.each([
    ['native/core/rtp/a.cc', '"engine/worker.h"'],
    ['native/engine/a.cc', '"addon/convert.h"'],
    ['native/core/rtp/a.cc', '"core/jitter/jitter_buffer.h"'],
    ['native/core/base/a.h', '"core/rtp/packet.h"'],
    ['native/core/file/a.cc', '"core/rtp/packet.h"'],
    ['native/core/mix/a.h', '"core/leg/receive_leg.h"'],
    ['native/engine/a.cc', '<napi.h>'],
    ['native/core/dsp/a.cc', '<mutex>'],
    ['native/core/dsp/a.cc', '<chrono>'],
    ['native/addon/a.cc', '<thread>'],
    ['native/core/rtp/a.cc', '<netinet/in.h>'],
    ['native/core/rtp/a.cc', '<iostream>'],
    ['native/core/rtp/a.cc', '<stdexcept>'],
  ])('refuses in %s %s', (path, include) => {
    expect(checkIncludes(path, `#include ${include}\n`, () => true)).toHaveLength(1);
  });

  it('refuses an include that is not written from native/', () => {
    expect(checkIncludes('native/core/rtp/a.cc', '#include "packet.h"\n', () => false)).toHaveLength(1);
  });

  it.each([
    ['native/core/leg/a.cc', '"core/jitter/jitter_buffer.h"'],
    ['native/core/rtp/a.cc', '"core/base/sequence.h"'],
    ['native/core/file/a.cc', '"core/codec/g711.h"'],
    ['native/engine/a.cc', '"core/leg/send_leg.h"'],
    ['native/engine/a.cc', '<sys/socket.h>'],
    ['native/addon/a.cc', '<napi.h>'],
    ['native/core/base/a.h', '<atomic>'],
  ])('allows in %s %s', (path, include) => {
    expect(checkIncludes(path, `#include ${include}\n`, () => true)).toEqual([]);
  });
});
