/**
 * Help, usage, completion: one row a verb, complete, and understood by the shells that are installed.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { peerNames, scenarios } from '../../bench/options.js';
import { completion } from '../../src/cli/manual/completion.js';
import { synopsis, verbHelp, verbNamed, verbRows } from '../../src/cli/manual/help.js';
import { main, verbNames } from '../../src/cli/tqmail.js';
import { partNames } from '../../src/protocol/report/text.js';
import { sinkPresets } from '../../src/protocol/sink/presets.js';
import { filesBelow, root } from '../runner/tree.js';
import { run, scratch } from './command.js';

/** Options for tests of ours and for the parent's own use. */
const unnamed = new Set(['node-entry']);

test('every verb has one row, and every row is a verb', () => {
  assert.deepEqual(verbRows.map(({ name }) => name).sort(), [...verbNames].sort());
});

test('every option that a verb reads is in a row', () => {
  const rows = new Set(verbRows.flatMap(({ options }) => options.map(({ name }) => name)));
  const read = ['control', 'care', 'cdb', 'import', 'init', 'passwd', 'report', 'start']
    .flatMap((folder) => filesBelow(`src/cli/${folder}`, '.ts'))
    .flatMap((path) => [
      ...readFileSync(`${root}/${path}`, 'utf8').matchAll(/'?([\w-]+)'?: (?:\{ type: '(?:string|boolean)'|value\b)/g),
    ])
    .map(([, name = '']) => name);
  assert.ok(read.length > 10);
  assert.deepEqual(
    read.filter((name) => !rows.has(name) && !unnamed.has(name)),
    [],
  );
});

test('what sink and source read is in their rows', () => {
  for (const name of ['sink', 'source']) {
    const text = readFileSync(`${root}/src/cli/${name}.ts`, 'utf8');
    const rows = new Set(verbNamed(name)?.options.map((option) => option.name));
    const read = [...text.matchAll(/'?([\w-]+)'?: (?:text|flag)\b|^ {2}'([\w-]+)',$/gm)].map(
      ([, key, word]) => key ?? word ?? '',
    );
    assert.ok(read.length > 8, name);
    assert.deepEqual(
      read.filter((option) => !rows.has(option)),
      [],
      name,
    );
  }
});

test('names in rows are those that there are', () => {
  const words = (verb: string, option: string): string =>
    verbNamed(verb)?.options.find(({ name }) => name === option)?.text ?? '';
  assert.ok(words('sink', 'rules').endsWith(` one of ${Object.keys(sinkPresets).join(', ')}`));
  assert.equal(words('bench', 'peer'), `compares with: ${peerNames.join(', ')}`);
  assert.equal(words('report', 'part'), `only these: ${partNames.join(', ')}`);
  assert.equal(verbNamed('bench')?.about[0], `SCENARIO: ${scenarios.join(', ')}.`);
});

test('a verb knows every option of its row: the one that it complains of is the one it cannot know', async (t) => {
  const words = verbRows.filter(({ options }) => options.length > 0);
  for (const { name, options } of words) {
    const given = options.flatMap((option) => [`--${option.name}`, ...(option.value === undefined ? [] : ['1'])]);
    const operand = name === 'bench' ? ['relay'] : [];
    const { code, stderr } = await run(t, 'tqmail', [name, ...operand, ...given, '--no-such']).finished;
    assert.equal(code, 64, name);
    assert.match(stderr, /--no-such/, name);
  }
});

test('usage after a mistake is the line that help begins with', async (t) => {
  for (const name of ['start', 'init', 'stop', 'queue', 'check', 'cdb', 'rescue', 'import-queue', 'report', 'completion']) {
    const { code, stderr } = await run(t, 'tqmail', [name, '--no-such']).finished;
    const row = verbNamed(name);
    assert.equal(code, 64, name);
    assert.ok(row !== undefined && stderr.endsWith(`\nusage: ${synopsis(row)}\n`), stderr);
  }
});

test('VERB --help and help VERB say the same, on standard output, with 0', async (t) => {
  for (const name of ['start', 'source']) {
    const row = verbNamed(name);
    assert.ok(row !== undefined);
    const expected = { code: 0, stdout: `${verbHelp(row)}\n`, stderr: '' };
    assert.deepEqual(await run(t, 'tqmail', [name, '--home', 'x', '--help']).finished, expected);
    assert.deepEqual(await run(t, 'tqmail', ['help', name]).finished, expected);
  }
});

test('help has a line for every verb; a verb that is none gets it on standard error, with 1', async (t) => {
  const { code, stdout } = await run(t, 'tqmail', ['help']).finished;
  assert.equal(code, 0);
  for (const { name, summary } of verbRows)
    assert.match(stdout, new RegExp(`^  ${name}\\b.*  ${summary.replaceAll(/[()]/g, '.')}$`, 'm'));
  const wrong = await run(t, 'tqmail', ['halp']).finished;
  assert.deepEqual(wrong, { code: 1, stdout: '', stderr: `tqmail: unknown verb halp\n${stdout}` });
  assert.deepEqual(await run(t, 'tqmail', []).finished, { code: 1, stdout: '', stderr: stdout });
  assert.equal((await run(t, 'tqmail', ['help', 'halp']).finished).code, 1);
});

test('--version is that of package.json', async (t) => {
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string };
  assert.deepEqual(await run(t, 'tqmail', ['--version']).finished, { code: 0, stdout: `tqmail ${version}\n`, stderr: '' });
});

test('behind -- help is a word like any other', async () => {
  assert.equal(await main(['completion', '--', '--help']), 64);
});

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  test(`${shell} takes its completion`, (t) => {
    const file = join(scratch(t), 'tqmail');
    writeFileSync(file, completion(shell));
    const ran = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    if (ran.error !== undefined) return t.diagnostic(`not applicable: ${shell} is not installed`);
    assert.equal(ran.stderr, '');
    assert.equal(ran.status, 0);
  });
}

test('bash offers verbs, options, values and folders', (t) => {
  const folder = scratch(t);
  writeFileSync(join(folder, 'completion'), completion('bash'));
  const offered = (...words: string[]): string[] => {
    const script = `source ./completion; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tqmail; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const ran = spawnSync('bash', ['-c', script, 'bash', 'tqmail', ...words], { cwd: folder, encoding: 'utf8' });
    if (ran.error !== undefined) return [];
    assert.equal(ran.stderr, '');
    return ran.stdout.split('\n').filter((word) => word !== '');
  };
  if (spawnSync('bash', ['-c', ':']).error !== undefined) return t.diagnostic('not applicable: bash is not installed');
  assert.deepEqual(offered('st').sort(), ['start', 'stat', 'status', 'stop']);
  assert.deepEqual(offered('queue', '--export', ''), ['qmail']);
  assert.deepEqual(offered('status', '--'), ['--home', '--json', '--help']);
  assert.deepEqual(offered('completion', 'f'), ['fish']);
  assert.deepEqual(offered('report', 'compl'), ['completion']);
  assert.deepEqual(offered('source', '--to', ''), []);
});

test('fish offers verbs and options', (t) => {
  const file = join(scratch(t), 'tqmail.fish');
  writeFileSync(file, completion('fish'));
  const ran = spawnSync(
    'fish',
    ['--no-config', '-c', `source ${file}; complete -C 'tqmail qu'; complete -C 'tqmail compact --h'`],
    {
      encoding: 'utf8',
    },
  );
  if (ran.error !== undefined) return t.diagnostic('not applicable: fish is not installed');
  assert.deepEqual(
    ran.stdout.split('\n').map((line) => line.split('\t')[0]),
    ['queue', '--help', '--home', ''],
  );
});
