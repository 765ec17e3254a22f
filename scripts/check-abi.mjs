/**
 * `npm run check:abi`: what the shipped binary promises its host. Exactly the two Node-API symbols are exported, nothing newer than
 * the declared glibc is asked for, only expected libraries are needed, the text needs no relocation, profilers find the names and
 * the frames of our functions, and each supported Node.js loads it and finds every codec in it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { abiProblems, codecProblems } from './lib/abi.mjs';
import { nodeOfMajor } from './lib/other-nodes.mjs';
import { Failure, filesUnder, main, must, root, run, say } from './lib/run.mjs';
import { makePrebuild } from './prebuildify.mjs';

/** A function of each stage of a tick and the file that defines it; asked for once the file exists. */
const stages = [
  { file: 'native/core/leg/receive_leg.cc', symbol: 'mixminus::ReceiveLeg::Pull' },
  { file: 'native/core/leg/stream_encoder.cc', symbol: 'mixminus::StreamEncoder::Encode' },
  { file: 'native/core/leg/send_leg.cc', symbol: 'mixminus::SendLeg::Write' },
  { file: 'native/core/jitter/jitter_buffer.cc', symbol: 'mixminus::JitterBuffer::Insert' },
  { file: 'native/core/codec/g722.cc', symbol: 'mixminus::G722Decoder::Decode' },
  { file: 'native/core/codec/opus.cc', symbol: 'mixminus::OpusAudioEncoder::Encode' },
];

/** Releases of Node.js that load the one binary; the first is the oldest that package.json allows. */
const nodes = [20, 22, 24];

/** Names must be in the symbol table, and each stage must begin by building a frame, so that stacks can be walked. */
async function profilerProblems(file) {
  const problems = [];
  const symbols = await must('nm', 'nm', ['-C', '--defined-only', file]);
  const own = symbols.split('\n').filter((line) => /^[0-9a-f]+ [tTwW] mixminus::/.test(line));
  if (own.length === 0) problems.push('has no name of our functions in its symbol table');
  const sections = await must('readelf', 'readelf', ['-SW', file]);
  if (/\.debug_info/.test(sections)) problems.push('still holds debug information');
  for (const { symbol } of stages.filter((stage) => filesUnder(stage.file).length > 0)) {
    if (!own.some((line) => line.includes(` ${symbol}(`))) problems.push(`does not name ${symbol}`);
    else if (!(await buildsFrame(file, symbol))) problems.push(`${symbol} keeps no frame pointer`);
  }
  return problems;
}

async function buildsFrame(file, symbol) {
  const code = await must('objdump', 'objdump', ['-dC', '--no-show-raw-insn', file]);
  const begin = code.search(new RegExp(`^[0-9a-f]+ <${symbol}\\(.*>:$`, 'm'));
  return /mov\s+%rsp,%rbp|(mov|add)\s+x29, sp/.test(code.slice(begin, code.indexOf('\n\n', begin)));
}

/** Loads the binary in each release. One that does not load it, or finds a codec missing, is a problem. */
async function loadProblems(file) {
  const problems = [];
  const script = `process.stdout.write(JSON.stringify(require(${JSON.stringify(file)}).capabilities().codecs))`;
  for (const major of nodes) {
    const { code, signal, output } = await run(await nodeOfMajor(major), ['-e', script]);
    if (code !== 0) problems.push(`does not load on Node ${major} (${signal ?? code}): ${output}`);
    else problems.push(...codecProblems(JSON.parse(output)).map((problem) => `on Node ${major} ${problem}`));
  }
  return problems;
}

await main(async () => {
  const file = join(root, await makePrebuild());
  const { binary } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const problems = abiProblems({
    dynamicSymbols: await must('nm', 'nm', ['-D', '--defined-only', file]),
    dynamicSection: await must('readelf', 'readelf', ['-dW', file]),
    versions: await must('objdump', 'objdump', ['-T', file]),
    glibcFloor: binary.glibc,
  });
  problems.push(...(await profilerProblems(file)), ...(await loadProblems(file)));
  if (problems.length > 0) throw new Failure(`${file}\n  ${problems.join('\n  ')}`);
  say(
    `abi: two symbols exported, glibc ${binary.glibc} or later, frames and names kept, loads on Node ${nodes.join(', ')}`,
  );
});
