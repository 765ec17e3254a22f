import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkBridgeHead,
  checkCoordinators,
  checkFiles,
  checkNames,
  checkVerbs,
  dialogSide,
  mediaSide,
  pairs,
  type Side,
  shared,
} from './check/parallel.js';
import { listFiles, parseSource, readText, type Source } from './check/source.js';

function readSide(side: Side): Map<string, Source> {
  const files = listFiles([`src/${side.folder}`], '.ts');
  return new Map(
    files.map((path) => [path.slice(`src/${side.folder}/`.length, -3), parseSource(path, readText(path))]),
  );
}

function part(side: Side, name: string): Source {
  const source = readSide(side).get(name);
  if (!source) throw new Error(`src/${side.folder}/${name}.ts does not exist`);
  return source;
}

describe('dialog/ and media/', () => {
  it.each([dialogSide, mediaSide])('$folder has the shared files and nothing unlisted', (side) => {
    expect(checkFiles(side, [...readSide(side).keys()])).toEqual([]);
  });

  it.each([dialogSide, mediaSide])('$folder defines the named parts in their files', (side) => {
    expect(checkNames(side, readSide(side))).toEqual([]);
  });

  it('has managers whose verbs pair', () => {
    expect(checkVerbs(part(dialogSide, 'manager'), part(mediaSide, 'manager'))).toEqual([]);
  });

  it('has coordinators of one shape that own no map', () => {
    expect(checkCoordinators(part(dialogSide, 'coordinator'), part(mediaSide, 'coordinator'))).toEqual([]);
  });

  it('says of each bridge whether it translates events or joins audio', () => {
    expect(checkBridgeHead(part(dialogSide, 'bridge'), 'events')).toEqual([]);
    expect(checkBridgeHead(part(mediaSide, 'bridge'), 'events')).toEqual([]);
    const audio = listFiles(['src/bridge'], '.ts').filter((path) =>
      ['bridge.ts', 'conference.ts'].includes(basename(path)),
    );
    expect(audio).toHaveLength(2);
    expect(audio.flatMap((path) => checkBridgeHead(parseSource(path, readText(path)), 'audio'))).toEqual([]);
  });
});

describe('the parallel check itself', () => {
  const manager = (name: string, members: readonly string[], body = 'this.x();'): Source =>
    parseSource('m.ts', `export class ${name} { #hidden() {} ${members.map((m) => `${m}() { ${body} }`).join(' ')} }`);
  const dialogVerbs = pairs.map(([verb]) => verb);
  const mediaVerbs = pairs.map(([, verb]) => verb);
  const dialog = manager('DialogManager', dialogVerbs);
  const media = manager('MediaManager', mediaVerbs);

  it('accepts managers that pair', () => {
    expect(checkVerbs(dialog, media)).toEqual([]);
  });

  it('refuses a missing, an unlisted and an empty verb', () => {
    expect(checkVerbs(manager('DialogManager', dialogVerbs.slice(1)), media)).toEqual([
      'DialogManager lacks createSession',
    ]);
    expect(checkVerbs(dialog, manager('MediaManager', [...mediaVerbs, 'sendBye']))).toEqual([
      'MediaManager.sendBye neither pairs nor is listed as one-sided',
    ]);
    expect(checkVerbs(dialog, manager('MediaManager', mediaVerbs, ''))).toHaveLength(mediaVerbs.length);
    expect(checkVerbs(media, media)).toEqual(['m.ts does not define DialogManager']);
  });

  it('refuses a missing and an unlisted file', () => {
    expect(checkFiles(mediaSide, [...shared.slice(1), 'builder'])).toHaveLength(2);
    expect(checkFiles(dialogSide, [...shared, 'builder'])).toEqual([]);
  });

  it('refuses coordinators of different shape, with more verbs or with a map', () => {
    const coordinator = (prefix: string, parameters: string, members = 'start() {} stop() {}'): Source =>
      parseSource('c.ts', `export class Session${prefix}Coordinator { constructor(${parameters}) {} ${members} }`);
    const left = coordinator('Dialog', 'core: DialogCore, manager: DialogManager, sink: FactSink<DialogFact>');
    const right = 'core: MediaEngine, manager: MediaManager, sink: FactSink<MediaFact>';
    expect(checkCoordinators(left, coordinator('Media', right))).toEqual([]);
    expect(checkCoordinators(left, coordinator('Media', 'core: MediaEngine, manager: MediaManager'))).toHaveLength(1);
    expect(checkCoordinators(left, coordinator('Media', right, 'start() {} stop() {} flush() {}'))).toHaveLength(1);
    expect(checkCoordinators(left, coordinator('Media', right, 'm = new Map(); start() {} stop() {}'))).toHaveLength(2);
  });

  it('refuses a class that is not in the file of its name, and a bridge that does not say its kind', () => {
    expect(checkNames(mediaSide, new Map([['manager', media]]))).toHaveLength(4);
    expect(checkBridgeHead(parseSource('b.ts', '/** Joins. */'), 'audio')).toHaveLength(1);
  });
});
