/**
 * `npm test`: everything that decides whether a change is good, each part with its seconds.
 * The last line is `N passed, N failed`; the exit code is 0 only when something passed and nothing failed.
 * Usage: node dist/test/run.js [WORD…] - with words, only the test files whose path holds one of them.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installed, run } from './runner/command.js';
import { coverage } from './runner/coverage.js';
import { firstErrors } from './runner/first-errors.js';
import { golden } from './runner/golden.js';
import { failedSources, runTests, type Tested, without } from './runner/node-tests.js';
import { filesBelow } from './runner/tree.js';
import { judge, printed, slowest } from './runner/verdict.js';

/** More files than so many that fail are no accident. */
const mostAgain = 3;
/** A build, lint or dead-code run that needs longer is stuck. */
const toolSeconds = 180;
/** Folders of test/ whose executed lines are counted; the others start processes and measure time. */
const coveredFolders = ['test/protocol/', 'test/store/', 'test/kernel/', 'test/actors/', 'test/pipeline/', 'test/golden/'];

let passed = 0;
let failed = 0;

function say(part: string, seconds: number, text: string): void {
  console.log(`${seconds.toFixed(1).padStart(6)} s  ${part}: ${text}`);
}

/** Runs one tool; its output is shown only when it fails. */
async function tool(part: string, program: string, args: readonly string[]): Promise<boolean> {
  const ran = await run(program === 'node' ? process.execPath : installed(program), args, toolSeconds);
  const good = ran.code === 0;
  if (!good) console.log(firstErrors(ran.output).trimEnd());
  say(part, ran.seconds, good ? 'ok' : `failed (exit ${ran.code}); to see it alone: npx ${program} ${args.join(' ')}`);
  if (good) passed += 1;
  else failed += 1;
  return good;
}

async function tests(part: string, sources: readonly string[], coverageFolder?: string): Promise<void> {
  if (sources.length === 0) return;
  count(part, sources, await runTests(sources, coverageFolder));
}

/**
 * Tests with real threads, processes, sockets, disks and time: on a crowded machine one of them may meet a moment that is
 * not its subject. A file that fails has one more chance, alone; it is named either way, and what fails alone has failed.
 */
async function testsTwice(part: string, sources: readonly string[], coverageFolder?: string): Promise<void> {
  const tested = await runTests(sources, coverageFolder);
  const again = failedSources(tested, sources);
  if (again.length === 0 || again.length > mostAgain) return count(part, sources, tested);
  for (const failure of judge(tested).failures) console.log(`AGAIN, alone: ${failure}\n`);
  count(
    part,
    sources.filter((source) => !again.includes(source)),
    without(tested, again),
  );
  for (const source of again) await tests(`alone, ${source}`, [source], coverageFolder);
}

function count(part: string, sources: readonly string[], tested: Tested): void {
  const verdict = judge(tested);
  for (const failure of verdict.failures) console.log(`FAILED ${failure}\n`);
  if (verdict.failed > 0) console.log(printed(tested));
  say(
    part,
    tested.seconds,
    `${sources.length} files, ${verdict.passed} passed, ${verdict.failed} failed; slowest ${slowest(tested, 3).join(', ')}`,
  );
  passed += verdict.passed;
  failed += verdict.failed;
}

/** The tests of the layers, with the share of lines that they executed. */
async function countedTests(sources: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-coverage-'));
  // Tests that run as root start processes of other users, and those write here too.
  chmodSync(folder, 0o1777);
  try {
    await testsTwice('layers', sources, folder);
    for (const layer of coverage(folder)) {
      const good = layer.percent >= layer.least;
      console.log(
        `          ${layer.folder}: ${layer.percent.toFixed(1)} % of lines executed${good ? '' : `, at least ${layer.least} % wanted`}`,
      );
      if (good) continue;
      failed += 1;
      console.log(`          weakest: ${layer.weak.slice(0, 5).join(', ')}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The recorded cases through the real commands. */
async function recordedCases(): Promise<void> {
  const ran = await golden();
  if (ran.failed > 0) console.log(ran.output.trimEnd());
  say('recorded cases', ran.seconds, `${ran.passed} passed, ${ran.failed} failed; ${ran.files.join(', ')}`);
  passed += ran.passed;
  failed += ran.failed;
}

async function everything(): Promise<void> {
  if (!(await tool('build', 'tsc', ['-b'])) || !(await tool('bundles', 'node', ['dist/bundle/run.js']))) return;
  const sources = filesBelow('test', '.test.ts').filter((source) => !source.startsWith('test/layers/fixtures/'));
  await Promise.all([
    tool('format and lint', 'biome', ['check', '.']),
    tool('unused code', 'knip', ['--no-progress', '--no-config-hints']),
  ]);
  await countedTests(sources.filter(isCovered));
  const others = sources.filter((source) => !isCovered(source));
  // Many of the whole tests wait for servers, timeouts and disks; meanwhile the recorded cases have the processors.
  await Promise.all([testsTwice('whole', others), recordedCases()]);
}

function isCovered(source: string): boolean {
  return coveredFolders.some((folder) => source.startsWith(folder));
}

async function some(words: readonly string[]): Promise<void> {
  const sources = filesBelow('test', '.test.ts').filter((source) => words.some((word) => source.includes(word)));
  await tests('chosen', sources);
}

const words = process.argv.slice(2);
await (words.length > 0 ? some(words) : everything());
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
