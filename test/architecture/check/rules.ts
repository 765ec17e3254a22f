/**
 * Rules that hold for single files: sizes, the one clock, the one loader of the addon, the head comment, words that must not stay. Pure
 * checks over a file's text or syntax tree.
 */
import ts from 'typescript';
import { type Source, walk } from './source.js';

export const limits = { tsLines: 400, ccLines: 450, functionLines: 80, tsMedianLines: 120 };

/** Pure tables may be longer than the hard stop. */
const tables: readonly string[] = [];

export function countLines(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

export function checkFileSize(path: string, text: string): string[] {
  const limit = path.endsWith('.ts') ? limits.tsLines : limits.ccLines;
  const lines = countLines(text);
  return lines > limit && !tables.includes(path) ? [`${path}: ${lines} lines, hard stop ${limit}`] : [];
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Functions of a TypeScript file that are longer than the hard stop. */
export function checkFunctionSize(source: Source): string[] {
  const problems: string[] = [];
  walk(source.tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return;
    const first = source.tree.getLineAndCharacterOfPosition(node.getStart()).line;
    const lines = source.tree.getLineAndCharacterOfPosition(node.getEnd()).line - first + 1;
    if (lines > limits.functionLines) problems.push(`${source.path}:${first + 1}: a function of ${lines} lines`);
  });
  return problems;
}

/**
 * The same for C++, as clang-format lays it out: a body opens at the end of a line that is not indented (or indented by two, in a
 * class) and closes with a brace in the same column.
 */
export function checkNativeFunctionSize(path: string, text: string): string[] {
  const problems: string[] = [];
  const lines = text.split('\n');
  lines.forEach((line, i) => {
    const opening = /^( {0,2})(?! |\/\/|namespace|class|struct|enum|union|extern|typedef|using|#|\}).*\{$/.exec(line);
    if (!opening || /^\s*(if|for|while|switch|else|do|static const|constexpr|const)\b/.test(line)) return;
    const closing = lines.findIndex((candidate, j) => j > i && candidate.startsWith(`${opening[1]}}`));
    if (closing - i + 1 > limits.functionLines)
      problems.push(`${path}:${i + 1}: a function of ${closing - i + 1} lines`);
  });
  return problems;
}

const timerNames = ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'];
const nowCalls = ['Date.now', 'performance.now', 'process.hrtime', 'process.uptime'];

/** Time comes from base/clock.ts alone. */
export function checkClock(source: Source): string[] {
  if (source.path === 'src/base/clock.ts') return [];
  const problems: string[] = source.imports
    .filter((entry) => /^(node:)?timers(\/|$)|^node:perf_hooks$/.test(entry.specifier))
    .map((entry) => `${source.path} imports ${entry.specifier}`);
  walk(source.tree, (node) => {
    const text = usedTime(node);
    if (text)
      problems.push(`${source.path}:${source.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${text}`);
  });
  return problems;
}

function usedTime(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) && timerNames.includes(node.text) && !ts.isPropertySignature(node.parent)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return nowCalls.find((call) => node.getText().endsWith(call));
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) return 'new Date()';
  return undefined;
}

/** Only media-core/binding.ts may load a binary. */
export function checkLoader(source: Source): string[] {
  if (source.path === 'src/media-core/binding.ts') return [];
  const hit = /\bcreateRequire\b|\bdlopen\b|node-gyp-build|\.node['"`]/.exec(source.text);
  return hit ? [`${source.path}: loads binaries (${hit[0]}); only media-core/binding.ts may`] : [];
}

/** Sockets live in dialog-core/transport; elsewhere node:net serves only to look at addresses. */
export function checkSockets(source: Source): string[] {
  if (source.path.startsWith('src/dialog-core/transport/')) return [];
  const harmless = ['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress'];
  return source.imports
    .filter((entry) => !entry.typeOnly && /^node:(dgram|net|tls|http2?|https)$/.test(entry.specifier))
    .filter((entry) => entry.names.length === 0 || !entry.names.every((name) => harmless.includes(name)))
    .map((entry) => `${source.path}: opens sockets (${entry.specifier}); only dialog-core/transport may`);
}

/** The head of each file says what it is, after the interpreter line of a command or the include guard of a header. */
export function checkHead(path: string, text: string): string[] {
  const body = text.replace(/^#(!|pragma once).*\n\s*/, '');
  const head = path.endsWith('.ts') ? /^\/\*\*([\s\S]*?)\*\//.exec(body)?.[1] : /^(\/\/.*\n)+/.exec(body)?.[0];
  return head && head.trim().length >= 15 ? [] : [`${path}: the head does not say what the file is`];
}

/** Work left open. The words are put together here, so that this file may be checked too. */
export function checkWords(path: string, text: string): string[] {
  const open = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`).exec(text);
  return open ? [`${path}: ${open[0]}`] : [];
}

/** Code that admits to pretending. */
export function checkPretence(path: string, text: string): string[] {
  // 501 Not Implemented is the protocol's own word (RFC 3261 21.5.2).
  const own = text.replace(/501\b.{0,10}Not Implemented/g, '');
  const hit = /not (yet )?implemented|placeholder|\bstub(bed)?\b|simulat(e|ed) (opus|codec)|\bfor now\b/i.exec(own);
  return hit ? [`${path}: "${hit[0]}"`] : [];
}

/** A test that does not run proves nothing. */
export function checkSkips(path: string, text: string): string[] {
  const hit = /\b(it|test|describe)\.(skip|only|todo)\b|\.(skipIf|runIf)\(|doctest::(skip|may_fail)/.exec(text);
  return hit ? [`${path}: ${hit[0]}`] : [];
}
