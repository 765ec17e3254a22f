import { describe, expect, it } from 'vitest';
import { readText } from '../architecture/check/source.js';

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, Entry>>;

/** Dependencies that no entry of the lock provides: `npm ci` refuses such a lock, optional or not. */
function unprovided(packages: Packages): string[] {
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !isProvided(packages, path, name))
      .map((name) => `${path || 'package.json'} needs ${name}`),
  );
}

/** As Node resolves: in the package's own node_modules, then in each folder above. */
function isProvided(packages: Packages, path: string, name: string): boolean {
  for (let place = path; ; place = place.slice(0, Math.max(place.lastIndexOf('/node_modules/'), 0))) {
    if (packages[`${place ? `${place}/` : ''}node_modules/${name}`]) return true;
    if (place === '') return false;
  }
}

describe('package-lock.json', () => {
  const { packages } = JSON.parse(readText('package-lock.json')) as { packages: Packages };

  it('provides every dependency, those of other platforms too', () => {
    expect(Object.keys(packages).length).toBeGreaterThan(100);
    expect(unprovided(packages)).toEqual([]);
  });

  it('names no host that packages come from', () => {
    expect(Object.values(packages).filter((entry) => entry.resolved?.includes('://'))).toEqual([]);
  });

  it('would be refused with a hole', () => {
    const sample = { '': { dependencies: { a: '1' } }, 'node_modules/a': { optionalDependencies: { b: '1' } } };
    expect(unprovided(sample)).toEqual(['node_modules/a needs b']);
    expect(unprovided({ ...sample, 'node_modules/a/node_modules/b': {} })).toEqual([]);
  });
});
