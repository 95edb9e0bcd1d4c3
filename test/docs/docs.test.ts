/**
 * The documents say what the code is: generated parts are fresh, links lead somewhere, dependencies are all explained.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { filesBelow, root } from '../runner/tree.js';
import { actorDiagram, inboxes } from './actor-diagram.js';
import { parts, renewed, wholeFiles } from './generated.js';
import { rfcTable } from './rfc-table.js';

const documents = ['README.md', 'CHANGELOG.md', 'SECURITY.md', 'CONTRIBUTING.md', ...filesBelow('docs', '.md')];
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

for (const part of parts) {
  test(`${part.file}: ${part.mark} is as npm run docs makes it`, () => {
    assert.ok(read(part.file) === renewed(part, read(part.file)), `stale: run "npm run docs" and commit ${part.file}`);
  });
}

for (const { file, make } of wholeFiles) {
  test(`${file} is as npm run docs makes it`, () => {
    assert.ok(read(file) === make(), `stale: run "npm run docs" and commit ${file}`);
  });
}

test('the diagram shows edges, the actor all write to, and inboxes', () => {
  const source =
    'export interface Inboxes {\n  a: Record<never, never>;\n  b: {\n    one: Ask<X, Y>;\n    two: Tell<X>;\n  };\n  c: { lines: Tell<Z> };\n}\n';
  const drawn = actorDiagram({ a: ['b', 'c'], b: ['c'], c: [] }, inboxes(source)).split('\n');
  assert.ok(drawn.includes('a ──▶ b'));
  assert.ok(drawn.includes('a, b ──▶ c'));
  assert.ok(drawn.includes('b  one?  two'));
  assert.ok(drawn.includes('c  lines'));
});

test('every link between documents leads to a file', () => {
  const broken = documents.flatMap((file) =>
    [...read(file).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
      .map(([, target = '']) => join(dirname(file), target))
      .filter((target) => !existsSync(join(root, target)))
      .map((target) => `${file} → ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('every test that a document names is there, and every attack in SECURITY.md has one', () => {
  const named = documents.flatMap((file) => [...read(file).matchAll(/`(test\/[\w/.-]+\.ts)`/g)].map(([, path = '']) => path));
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.filter((path) => !existsSync(join(root, path))),
    [],
  );
  const [, table = ''] = read('SECURITY.md').split('| attack |');
  const rows = table.split('\n').filter((line) => line.startsWith('| '));
  assert.ok(rows.length > 15);
  assert.deepEqual(
    rows.filter((row) => !/`test\/\S+\.test\.ts` \|$/.test(row)),
    [],
  );
});

test('the table of RFCs joins files, sorts sections by number and refuses an unknown RFC', () => {
  const table = rfcTable([
    { path: 'b.ts', text: '// RFC 5321 §4.10, §4.9 and §2' },
    { path: 'a.ts', text: '// see RFC 5321 §4.9.\n// RFC 2920' },
  ]).split('\n');
  assert.deepEqual(
    table.slice(2).map((row) => row.split(' | ').slice(2).join(' ')),
    ['as a whole `a.ts` |', '2 `b.ts` |', '4.9 `a.ts`, `b.ts` |', '4.10 `b.ts` |'],
  );
  assert.throws(() => rfcTable([{ path: 'a.ts', text: 'RFC 9' }]), /a\.ts cites RFC 9/);
});

test('docs/dependencies.md explains every dependency in the version that package.json names', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { license?: string }> };
  const rows = read('docs/dependencies.md')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    const row = rows.find((cells) => cells[1] === name);
    assert.deepEqual(row?.slice(1, 4), [name, version, packages[`node_modules/${name}`]?.license], name);
  }
  const known = rows.filter((cells) => /^\d/.test(cells[2] ?? '')).map((cells) => cells[1]);
  assert.equal(known.length, Object.keys({ ...dependencies, ...devDependencies }).length, 'a row without a dependency');
});
