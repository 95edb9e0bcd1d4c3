/**
 * What must not stand in any file of the repository: paths of one machine, addresses of a package registry, unfinished
 * marks and names that say nothing. The patterns are written so that this file does not hold what it looks for.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../runner/tree.js';

const files = execFileSync(
  'git',
  ['-c', `safe.directory=${root}`, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter((name) => name !== '' && existsSync(join(root, name)) && statSync(join(root, name)).isFile());

const texts = files.map((name) => ({ name, text: readFileSync(join(root, name), 'latin1') }));

/** `file:line: text` of every line that matches, in files whose name matches `where`. */
function lines(pattern: RegExp, where = /./): string[] {
  return texts
    .filter(({ name, text }) => where.test(name) && pattern.test(text))
    .flatMap(({ name, text }) =>
      text
        .split('\n')
        .map((line, index) => ({ line, at: `${name}:${index + 1}` }))
        .filter(({ line }) => pattern.test(line))
        .map(({ line, at }) => `${at}: ${line.trim().slice(0, 120)}`),
    );
}

test('git lists the files', () => {
  assert.ok(files.includes('package.json'));
  assert.ok(files.includes('test/repository/words.test.ts'));
});

test('no path of one machine', () => {
  assert.deepEqual(lines(/(?<![\w.~])[/](?:work|tmp[/]wt|home[/](?!user)\w+[/]\w+[/]src)[/]/), []);
  assert.deepEqual(lines(/shared[/](?:spec|design|golden|peers)[/]/), []);
});

test('no address of a package registry', () => {
  assert.deepEqual(lines(/https?:[/][/][^\s"']*(?:registry|artifactory|nexus|verdaccio)/i), []);
  assert.deepEqual(lines(/"resolved"/, /^package-lock\.json$/), []);
  assert.deepEqual(lines(/registry\s*=/, /npmrc/), []);
  const { npm_config_registry: registry = '' } = process.env;
  const used = URL.canParse(registry) ? new URL(registry).host : '';
  if (/[a-z]\.[a-z]/i.test(used)) assert.deepEqual(lines(new RegExp(used.replaceAll('.', '[.]'), 'i')), []);
});

test('no unfinished mark', () => {
  assert.deepEqual(lines(/\b(?:TO[D]O|FIX[M]E)\b/, /^(?:src|bench|test|bin|\.ci)[/]/), []);
});

test('no name that says nothing', () => {
  const empty = /(?:manager|helper|util|common)/i;
  assert.deepEqual(
    files.filter((name) => /^(?:src|bench|test)[/]/.test(name) && empty.test(name)),
    [],
  );
  assert.deepEqual(
    lines(/\b(?:function|class|interface|type|const|let)\s+\w*(?:manager|helper|util|common)\w*/i, /^(?:src|bench)[/].*\.ts$/),
    [],
  );
});

test('lines end LF and files end with a line end', () => {
  const ours = texts.filter(({ name }) => /\.(?:ts|json|md)$/.test(name) && !/^test[/].*(?:golden|fixtures|cases)/.test(name));
  assert.deepEqual(
    ours.filter(({ text }) => text.includes('\r') || (text !== '' && !text.endsWith('\n'))).map(({ name }) => name),
    [],
  );
});
