/** The import table of src/: which layer may import which, and through which door. Pure; the table is the rule. */
import { resolveImport, type Source } from './source.js';

interface Door {
  readonly layer: string;
  /** Only the layer's index.ts may be named. */
  readonly index?: true;
  /** Only types may be taken. */
  readonly types?: true;
}

const any = (layer: string): Door => ({ layer });
const index = (layer: string): Door => ({ layer, index: true });
const types = (layer: string): Door => ({ layer, types: true });
const indexTypes = (layer: string): Door => ({ layer, index: true, types: true });

export const layers: Readonly<Record<string, readonly Door[]>> = {
  base: [],
  session: [any('base')],
  'dialog-core': [any('base')],
  'media-core': [any('base')],
  dialog: [any('base'), any('session'), index('dialog-core')],
  media: [any('base'), any('session'), index('media-core')],
  coordination: [any('base'), any('session')],
  bridge: [any('base'), any('session')],
  manager: [any('base'), any('session'), any('coordination'), any('bridge'), index('dialog'), index('media')],
  api: [
    any('base'),
    index('manager'),
    types('session'),
    types('coordination'),
    types('bridge'),
    indexTypes('dialog'),
    indexTypes('media'),
  ],
  'index.ts': [any('api'), index('manager'), index('dialog'), index('media'), any('base')],
  'sip.ts': [index('dialog-core')],
  server: [any('api')],
  cli: [any('api'), any('server')],
};

/** Packages that a layer may load. The library loads one, when a WebSocket is asked for: all others pay for none. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'dialog-core': ['ws'],
  server: ['zod', 'pino'],
  cli: ['commander', 'zod', 'pino'],
};

/** Violations of the table, one line each; empty when the sources obey. */
export function checkImports(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    source.imports.flatMap((entry) => {
      const problem = judge(source.path, entry.specifier, entry.typeOnly);
      return problem ? [`${source.path}: ${entry.specifier}: ${problem}`] : [];
    }),
  );
}

function judge(path: string, specifier: string, typeOnly: boolean): string | undefined {
  const layer = layerOf(path);
  const doors = layers[layer];
  if (!doors) return `${layer} is not a layer of the table`;
  if (specifier.startsWith('node:')) return undefined;
  if (!specifier.startsWith('.')) return judgePackage(layer, specifier);
  const target = resolveImport(path, specifier);
  if (target === 'package.json') return undefined;
  const targetLayer = layerOf(target);
  if (targetLayer === layer && layer.indexOf('.') < 0) return undefined;
  const door = doors.find((candidate) => candidate.layer === targetLayer);
  if (!door) return `${layer} may not import ${targetLayer}`;
  if (door.types && !typeOnly) return `${layer} may take only types from ${targetLayer}`;
  if (door.index && target !== `src/${targetLayer}/index.ts`) return `${targetLayer} is entered through its index.ts`;
  return undefined;
}

function judgePackage(layer: string, specifier: string): string | undefined {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  return packages[layer]?.includes(name) ? undefined : `${layer} may not load the package ${name}`;
}

function layerOf(path: string): string {
  return path.split('/')[1] ?? path;
}
