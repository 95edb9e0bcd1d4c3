/**
 * Manual pages: fresh, complete (every command has one, package.json names them all), and clean for groff and mandoc.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { filesBelow, root } from '../runner/tree.js';
import { blocks } from './man/blocks.js';
import { pages, pageText } from './man/pages.js';
import { roff } from './man/roff.js';

const all = pages();
const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8');

test('every page is as npm run docs makes it, and there is no other', () => {
  assert.ok(all.length > 0);
  const stale = all.filter((page) => read(page.target) !== pageText(page)).map(({ target }) => target);
  assert.deepEqual(stale, [], 'stale: run "npm run docs" and commit man/');
  assert.deepEqual(
    filesBelow('man', ''),
    all.map(({ target }) => target),
  );
});

test('package.json names every page', () => {
  const { man, files } = JSON.parse(read('package.json')) as { man: string[]; files: string[] };
  assert.deepEqual(
    man,
    all.map(({ target }) => `./${target}`),
  );
  assert.ok(files.includes('man'));
});

test('every command has a page', () => {
  const commands = readdirSync(`${root}/bin`).filter((name) => !name.includes('.'));
  const described = new Set(all.filter(({ name }) => /\.[18]$/.test(name)).map(({ name }) => name.slice(0, -2)));
  assert.deepEqual(
    commands.filter((name) => !described.has(name)),
    [],
  );
});

test('a page of a command says how it is called, what it does and how it ends', () => {
  const lacking = all
    .filter(({ name }) => /\.[18]$/.test(name) && !['qmail-command.8'].includes(name))
    .flatMap(({ name, source }) =>
      ['## SYNOPSIS', '## DESCRIPTION', '## EXIT STATUS', '## SEE ALSO']
        .filter((heading) => !read(source).includes(`\n${heading}\n`))
        .map((heading) => `${name}: no ${heading}`),
    );
  assert.deepEqual(lacking, []);
});

test('every reference to a page leads to that page', () => {
  const wrong = all.flatMap(({ source }) =>
    [...read(source).matchAll(/\[([\w-]+)\((\d)\)\]\(([^)]*)\)/g)]
      .filter(([, name, section, file]) => file !== `${name}.${section}.md`)
      .map(([text]) => `${source}: ${text}`),
  );
  assert.deepEqual(wrong, []);
});

for (const [program, ...words] of [
  ['groff', '-man', '-Tascii', '-ww', '-z'],
  ['mandoc', '-Tlint', '-Werror'],
] as const) {
  test(`${program} has nothing to say about any page`, (t) => {
    const ran = spawnSync(program, [...words, ...all.map(({ target }) => target)], { cwd: root, encoding: 'utf8' });
    if (ran.error !== undefined) return t.diagnostic(`not applicable: ${program} is not installed`);
    assert.equal(`${ran.stdout}${ran.stderr}`, '');
    assert.equal(ran.status, 0);
  });
}

test('what leaves the subset is an error with its line', () => {
  const page = (body: string): string => `# name(1) - words\n\n## SYNOPSIS\n\n${body}\n`;
  for (const body of ['1. one', '> quoted', '| a | b | c |', '    code', '<b>', '```\nno end']) {
    assert.throws(() => blocks('x.md', page(body)), /^Error: x\.md:5: /, body);
  }
  assert.throws(() => blocks('x.md', 'words\n'), /the first line/);
});

test('octets that mean something to roff are text', () => {
  const text = roff(blocks('x.md', "# n(1) - w\n\n.TH 'x \\n ~^`a-b`\n\n```\n.so '/x\n```\n"), '1', 'x.md');
  assert.match(text, /^\.PP\n\\&\.TH \\\(aqx \\en \\\(ti\\\(ha\\fBa\\-b\\fP$/m);
  assert.match(text, /^\\&\.so \\\(aq\/x$/m);
  assert.throws(() => roff(blocks('x.md', '# n(1) - w\n\nü\n'), '1', 'x.md'), /no roff for "ü"/);
});
