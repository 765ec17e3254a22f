import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConferenceServer } from '../../../src/server/server.js';
import { parseUsers, readUsers } from '../../../src/server/users.js';

const md5 = '0123456789abcdef0123456789ABCDEF';
const sha = md5 + md5;

describe('the users file', () => {
  it('holds passwords, comments and empty lines', () => {
    const { realm, algorithms, authenticate } = parseUsers('\uFEFF# who\r\nann:a b#c\r\n\r\nbob: x \n', 'f');
    expect({ realm, algorithms }).toEqual({ realm: 'mixminus', algorithms: ['SHA-256', 'MD5'] });
    expect(authenticate('ann', 'mixminus', 'MD5')).toEqual({ password: 'a b#c' });
    expect(authenticate('bob', 'mixminus', 'MD5')).toEqual({ password: ' x ' });
    expect(authenticate('constructor', 'mixminus', 'MD5')).toBeUndefined();
  });

  it('offers only what its hashes can answer, for their realm', () => {
    const hashed = parseUsers(`ann:home:${md5}\nbob:secret\n`, 'f');
    expect([hashed.realm, hashed.algorithms]).toEqual(['home', ['MD5']]);
    expect(hashed.authenticate('ann', 'home', 'MD5')).toMatchObject({ ha1: md5 });
    expect(parseUsers(`bob:secret\nann:home:${sha}`, 'f').algorithms).toEqual(['SHA-256']);
  });

  it.each([
    ['ann', 'line 1 of the users file f must be user:password or user:realm:hash'],
    ['#\nann:', 'line 2 of the users file f must be'],
    [':secret', 'must be'],
    ['ann:pass:word', 'must end with a hash of 32 (MD5) or 64 (SHA-256) hexadecimal digits'],
    ['ann:a:b:c', 'a password with a colon'],
    ['ann:a\nann:b', 'line 2 of the users file f names a user a second time'],
    [`ann:r:${md5}\nbob:s:${md5}`, 'line 2 of the users file f has another realm'],
    [`ann:r:${md5}\nbob:r:${sha}`, 'mixes hashes'],
    ['ann:se\0cret', 'control character'],
    ['\n# nobody\n', 'names nobody'],
  ])('refuses %j', (text, problem) => {
    const parse = () => parseUsers(text, 'f');
    expect(parse).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(problem) }));
    expect(parse).not.toThrow(/pass:word|se.?cret/);
  });

  describe('on disk', () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'mixminus-users-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it('is read by the constructor of the server', () => {
      const path = join(folder, 'users.txt');
      expect(() => readUsers(path)).toThrow(`the users file ${path} does not exist`);
      expect(() => readUsers(folder)).toThrow('cannot be read (EISDIR)');
      writeFileSync(path, 'ann:secret\n');
      expect(new ConferenceServer({ users: path }).config.users).toBe(path);
      writeFileSync(path, 'ann\n');
      expect(() => new ConferenceServer({ users: path })).toThrow('line 1');
    });
  });
});
