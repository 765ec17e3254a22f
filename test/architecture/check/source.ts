/**
 * A TypeScript file as the architecture checks see it: its imports, told apart by whether they exist at run time, and its syntax
 * tree. Reads the tree once per test file; the checks themselves take plain values, so that they can be shown violating samples.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

export interface Import {
  readonly specifier: string;
  /** Erased by the compiler: nothing is loaded at run time. */
  readonly typeOnly: boolean;
  /** Names taken at run time or as types; empty for a whole-module or side-effect import. */
  readonly names: readonly string[];
}

export interface Source {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** Files under the given folders whose name ends as asked, sorted; a missing folder is empty. */
export function listFiles(folders: readonly string[], ...endings: readonly string[]): string[] {
  const found: string[] = [];
  const visit = (path: string): void => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) for (const name of readdirSync(path)) visit(join(path, name));
    else if (endings.some((ending) => path.endsWith(ending))) found.push(relative(root, path).split('\\').join('/'));
  };
  for (const folder of folders) visit(join(root, folder));
  return found.sort();
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function readSources(folder = 'src'): Source[] {
  return listFiles([folder], '.ts').map((path) => parseSource(path, readText(path)));
}

export function parseSource(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  walk(tree, (node) => {
    const found = toImport(node);
    if (found) imports.push(found);
  });
  return { path, text, tree, imports };
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** `./x.js` seen from `src/a/b.ts` is `src/a/x.ts`; package and node: specifiers stay what they are. */
export function resolveImport(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

function toImport(node: ts.Node): Import | undefined {
  if (ts.isImportDeclaration(node)) {
    const clause = node.importClause;
    const names = clause?.namedBindings && ts.isNamedImports(clause.namedBindings) ? clause.namedBindings.elements : [];
    return imported(node.moduleSpecifier, clause?.phaseModifier === ts.SyntaxKind.TypeKeyword, names);
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    const names = node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : [];
    return imported(node.moduleSpecifier, node.isTypeOnly, names);
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return imported(node.argument.literal, true, []);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0]) {
    return imported(node.arguments[0], false, []);
  }
  return undefined;
}

function imported(
  specifier: ts.Node,
  typeOnly: boolean,
  names: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[],
): Import {
  const text = ts.isStringLiteralLike(specifier) ? specifier.text : `(computed) ${specifier.getText()}`;
  // `export { type A } from` and `import { type A } from` load nothing worth speaking of when every name is a type.
  const allTypes = names.length > 0 && names.every((name) => name.isTypeOnly);
  return { specifier: text, typeOnly: typeOnly || allTypes, names: names.map((name) => name.name.text) };
}
