/**
 * dialog/ and media/ are the same layer over two cores: the same files, verbs that pair, coordinators of one shape. Pure checks over
 * parsed sources; what one side has alone is listed here with its name, so that an addition is a decision.
 */
import ts from 'typescript';
import { type Source, walk } from './source.js';

export interface Side {
  readonly folder: 'dialog' | 'media';
  readonly prefix: 'Dialog' | 'Media';
  /** Files beyond the shared set. */
  readonly extraFiles: readonly string[];
  /** Public members of the manager that the other side has no use for. */
  readonly ownVerbs: readonly string[];
}

export const shared = ['bridge', 'config', 'coordinator', 'index', 'manager', 'types'];

export const dialogSide: Side = {
  folder: 'dialog',
  prefix: 'Dialog',
  // bodies, identity, info: what messages say beside their session description.
  extraFiles: ['bodies', 'identity', 'info', 'builder', 'transfer', 'registration', 'subscription', 'messaging'],
  ownVerbs: [
    'ringSession',
    'rejectSession',
    'cancelSession',
    'ackSession',
    'announceFocus',
    'answerReoffer',
    'forgetSession',
    'adoptUsage',
    'sessionOf',
    'ping',
    'messaging',
    'transfer',
    'checkTransfer',
    'answerTransfer',
    'notifyTransfer',
    'register',
    'bindingsOf',
    'listeners',
    'reloadTls',
    'counts',
  ],
};

export const mediaSide: Side = {
  folder: 'media',
  prefix: 'Media',
  // dtmf: digits out. errors: engine errors → MediaError. layer: puts the layer together, as dialog/builder does. rooms: mixers by the caller's key.
  extraFiles: ['players', 'recorders', 'pcm', 'dtmf', 'errors', 'layer', 'rooms'],
  ownVerbs: ['applyAnswer', 'checkChange', 'rollbackOffer', 'allowSend', 'onStream', 'streamOf', 'withStream', 'stats'],
};

/** Verbs that pair, dialog's name first. */
export const pairs: readonly (readonly [string, string])[] = [
  ['createSession', 'createMedia'],
  ['offerSession', 'offerMedia'],
  ['acceptSession', 'answerMedia'],
  ['holdSession', 'holdMedia'],
  ['resumeSession', 'resumeMedia'],
  ['updateSession', 'updateMedia'],
  ['terminateSession', 'stopMedia'],
  ['has', 'has'],
  ['size', 'size'],
];

/** The shared files exist and nothing stands beside them that is not listed. `files` are the names without `.ts`. */
export function checkFiles(side: Side, files: readonly string[]): string[] {
  const known = [...shared, ...side.extraFiles];
  return [
    ...shared.filter((name) => !files.includes(name)).map((name) => `${side.folder}/ lacks ${name}.ts`),
    ...files
      .filter((name) => !known.includes(name))
      .map((name) => `${side.folder}/${name}.ts is not listed as one-sided in test/architecture`),
  ];
}

/** Both managers have every paired verb, have nothing unlisted, and no method is empty. */
export function checkVerbs(dialog: Source, media: Source): string[] {
  return [
    ...checkSideVerbs(
      dialogSide,
      dialog,
      pairs.map(([verb]) => verb),
    ),
    ...checkSideVerbs(
      mediaSide,
      media,
      pairs.map(([, verb]) => verb),
    ),
  ];
}

function checkSideVerbs(side: Side, source: Source, paired: readonly string[]): string[] {
  const name = `${side.prefix}Manager`;
  const found = findClass(source, name);
  if (!found) return [`${source.path} does not define ${name}`];
  const members = publicMembers(found);
  const names = [...members.keys()];
  return [
    ...paired.filter((verb) => !names.includes(verb)).map((verb) => `${name} lacks ${verb}`),
    ...names
      .filter((verb) => !paired.includes(verb) && !side.ownVerbs.includes(verb))
      .map((verb) => `${name}.${verb} neither pairs nor is listed as one-sided`),
    ...[...members]
      .filter(([, member]) => ts.isMethodDeclaration(member) && member.body?.statements.length === 0)
      .map(([verb]) => `${name}.${verb} is empty: no method exists for symmetry`),
  ];
}

/** Constructor parameters by name and by type (Dialog ↔ Media) are the same, the public members are `start` and `stop`, no map is owned. */
export function checkCoordinators(dialog: Source, media: Source): string[] {
  const problems: string[] = [];
  const shapes = [dialog, media].map((source, i) => {
    const side = i === 0 ? dialogSide : mediaSide;
    const name = `Session${side.prefix}Coordinator`;
    const found = findClass(source, name);
    if (!found) {
      problems.push(`${source.path} does not define ${name}`);
      return undefined;
    }
    const members = [...publicMembers(found).keys()].sort().join(', ');
    if (members !== 'start, stop') problems.push(`${name} has ${members}; a coordinator has start, stop`);
    if (constructsAny(source, ['Map', 'Set', 'WeakMap'])) problems.push(`${name} owns a map; the manager does`);
    return constructorShape(found);
  });
  const [left, right] = shapes;
  if (left !== undefined && right !== undefined && left !== right) {
    problems.push(`coordinators are constructed differently: (${left}) and (${right})`);
  }
  return problems;
}

/** The named parts of product.md stand in the file of their name. */
export function checkNames(side: Side, sources: ReadonlyMap<string, Source>): string[] {
  const expected: readonly (readonly [string, string])[] = [
    ['manager', `${side.prefix}Manager`],
    ['coordinator', `Session${side.prefix}Coordinator`],
    ['config', `${side.prefix}ConfigConverter`],
    ['bridge', `${side.prefix}Bridge`],
    ['types', `${side.prefix}Error`],
    ...(side.folder === 'dialog' ? ([['builder', 'DialogBuilder']] as const) : []),
  ];
  return expected.flatMap(([file, name]) => {
    const source = sources.get(file);
    return source && findClass(source, name) ? [] : [`${side.folder}/${file}.ts does not define the class ${name}`];
  });
}

/** The first line of a bridge says which of the two kinds it is. */
export function checkBridgeHead(source: Source, kind: 'events' | 'audio'): string[] {
  const head = source.text.split('\n').slice(0, 3).join(' ');
  return head.includes(kind) ? [] : [`${source.path}: the head does not say that it is about ${kind}`];
}

function findClass(source: Source, name: string): ts.ClassDeclaration | undefined {
  return source.tree.statements.find(
    (node): node is ts.ClassDeclaration => ts.isClassDeclaration(node) && node.name?.text === name,
  );
}

function publicMembers(node: ts.ClassDeclaration): Map<string, ts.ClassElement> {
  const hidden = (member: ts.ClassElement): boolean =>
    ts.isConstructorDeclaration(member) ||
    !member.name ||
    ts.isPrivateIdentifier(member.name) ||
    (ts.canHaveModifiers(member) &&
      (ts.getModifiers(member) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.PrivateKeyword));
  return new Map(
    node.members.filter((member) => !hidden(member)).map((member) => [member.name?.getText() ?? '', member]),
  );
}

function constructorShape(node: ts.ClassDeclaration): string {
  const made = node.members.find(ts.isConstructorDeclaration);
  const parameters = made?.parameters.map((parameter) => `${parameter.name.getText()}: ${toSideless(parameter)}`);
  return (parameters ?? []).join(', ');
}

/** `DialogManager` and `MediaManager` are one shape; so are the two cores, whose names differ. */
function toSideless(parameter: ts.ParameterDeclaration): string {
  if (parameter.name.getText() === 'core') return 'Core';
  return (parameter.type?.getText() ?? '').replace(/Dialog|Media/g, '*');
}

function constructsAny(source: Source, names: readonly string[]): boolean {
  let found = false;
  walk(source.tree, (node) => {
    if (ts.isNewExpression(node) && names.includes(node.expression.getText())) found = true;
  });
  return found;
}
