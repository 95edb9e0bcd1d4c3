/**
 * docs/conformity: every row says how tqmail does what qmail does, and cites tests and recorded cases that are there.
 * A row that says "same" cites no case in which tqmail differs.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { differences } from '../golden/recorded.js';
import { caseFiles, casesFolder, readCases } from '../golden/runner/lists.js';
import { filesBelow, root } from '../runner/tree.js';
import { named, notThere, tableRows, uncited } from './cited.js';

const pages = filesBelow('docs/conformity', '.md').filter((file) => !file.endsWith('README.md'));
const differs = differences();
const idPattern = /`([a-z][a-z0-9]*-\d{4})`/g;
const folders = [casesFolder(undefined), join(root, 'test/golden/further')];
const ids = new Set(
  folders.flatMap((folder) => (caseFiles(folder) ?? []).flatMap((file) => readCases(folder, file).map(({ id }) => id))),
);

const isHead = ([first = '']: readonly string[]): boolean => first === 'behaviour' || /^-+$/.test(first);

/** What is wrong with one row. */
function faultsOf([behaviour = '', how = '', tests = '', ...more]: readonly string[]): string[] {
  const cases = [...tests.matchAll(idPattern)].map(([, id = '']) => id);
  const cited = named(tests);
  const wrong = notThere(cited);
  const way = /^(same|different|not built)/.exec(how)?.[1];
  if (more.length > 0 || tests === '') wrong.push('not three columns');
  if (behaviour.length < 10) wrong.push('no behaviour');
  if (way === undefined) wrong.push('the second column begins with same, different or not built');
  if (way !== undefined && way !== 'same' && how.length < 20) wrong.push('no reason');
  if (way !== 'not built' && cited.length + cases.length === 0) wrong.push('no test');
  for (const id of cases) {
    if (!ids.has(id)) wrong.push(`there is no case ${id}`);
    if (way === 'same' && differs.has(id)) wrong.push(`tqmail differs in ${id}`);
  }
  const left = uncited(tests.replace(idPattern, ''));
  if (left !== '' && left !== '–') wrong.push(`neither case nor file and name: ${left}`);
  return wrong.map((line) => `${behaviour}: ${line}`);
}

const faults = (document: string): string[] =>
  tableRows(document)
    .filter((cells) => !isHead(cells))
    .flatMap(faultsOf);

test('docs/conformity has its index', () => {
  const index = readFileSync(join(root, 'docs/conformity/README.md'), 'utf8');
  assert.deepEqual(
    pages.map((page) => page.slice('docs/conformity/'.length)).filter((page) => !index.includes(`](${page})`)),
    [],
    'pages that the index does not name',
  );
});

for (const page of pages) {
  test(`${page} cites tests and cases that are there`, (t) => {
    const text = readFileSync(join(root, page), 'utf8');
    const count = tableRows(text).filter((cells) => !isHead(cells)).length;
    t.diagnostic(`${count} rows`);
    assert.ok(count > 0);
    assert.deepEqual(faults(text), []);
  });
}

test('rows that cite nothing, or what is not there, are noticed', () => {
  const row = (how: string, tests: string): string => `| what a program does | ${how} | ${tests} |`;
  const here = '`test/docs/conformity.test.ts` "rows that cite nothing"';
  const reason = 'not built: nobody asks for it';
  const differing = `\`${[...differs.keys()][0]}\``;
  for (const good of [
    row('same', here),
    row('same', `\`smtpd-0001\`, ${here}`),
    row(reason, '–'),
    row('different: it is safer', differing),
  ])
    assert.deepEqual(faults(good), [], good);
  for (const bad of [
    row('same', '–'),
    row('maybe', here),
    row('different', here),
    row('same', here.replace('cite nothing', 'cite\\some')),
    row('same', here.replace('conformity', 'none')),
    row('same', '`smtpd-9999`'),
    row('same', differing),
    row('same', `${here} and more`),
    `${row('same', here)} x |`,
  ])
    assert.equal(faults(bad).length, 1, bad);
});
