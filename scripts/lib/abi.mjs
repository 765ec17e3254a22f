/**
 * What a shipped binary may export, need and ask of its host, judged from what binutils print about it. Pure; used by check-abi.mjs.
 */

const exported = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
const libraries = /^(libc|libm|libgcc_s|ld-linux-[a-z0-9-]+|libc\.musl-[a-z0-9_]+)\.so(\.\d+)?$/;
/** Problems found in the outputs of `nm -D --defined-only`, `readelf -d`, `objdump -T`; empty when all is well. */
export function abiProblems({ dynamicSymbols, dynamicSection, versions, glibcFloor }) {
  const problems = [];
  const names = dynamicSymbols
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(/\s+/).at(-1).replace(/@.*/, ''));
  if (names.sort().join() !== exported.join())
    problems.push(`exports ${names.join(' ') || 'nothing'}, not exactly ${exported.join(' ')}`);
  const needed = [...dynamicSection.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1]);
  const strange = needed.filter((library) => !libraries.test(library));
  if (needed.length === 0) problems.push('needs no library at all, which cannot be right');
  if (strange.length > 0) problems.push(`needs ${strange.join(' ')}`);
  if (/TEXTREL/.test(dynamicSection)) problems.push('has text relocations');
  const asked = [...new Set([...versions.matchAll(/GLIBC_(\d+\.\d+(?:\.\d+)?)/g)].map((match) => match[1]))];
  const newer = asked.filter((version) => compareVersions(version, glibcFloor) > 0);
  if (newer.length > 0) problems.push(`asks for glibc ${newer.join(' ')}; declared is ${glibcFloor}`);
  if (/GLIBCXX_|CXXABI_/.test(versions)) problems.push('takes libstdc++ from the host');
  return problems;
}

/** Codecs that every shipped binary has; a build without libopus lacks the last. */
export const shippedCodecs = ['pcmu', 'pcma', 'g722', 'l16', 'opus'];

/** Problems found in what the loaded binary says of its codecs. */
export function codecProblems(codecs) {
  const missing = shippedCodecs.filter((codec) => !codecs.includes(codec));
  return missing.length > 0 ? [`lacks the codec ${missing.join(' ')}`] : [];
}

function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i += 1) if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0);
  return 0;
}
