/**
 * docs/control/README.md against the code: every file, its type as the parser takes it, and its default.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseSettings } from '../../src/protocol/control.js';
import { controlNames } from '../../src/protocol/control-names.js';
import { root } from '../runner/tree.js';

const me = 'mail.example.org';

interface Row {
  readonly name: string;
  readonly type: string;
  readonly fallback: string;
  readonly from: string;
}

const page = readFileSync(`${root}/docs/control/README.md`, 'utf8');
const rows: readonly Row[] = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| (\w+) \| [^|]+ \|$/gm)].map(
  ([, name = '', type = '', fallback = '', from = '']) => ({ name, type, fallback, from }),
);

/** The setting of the same name when its file holds `text`; undefined also when the file is refused. */
function setting(name: string, text?: string): unknown {
  const files = new Map([['me', `${me}\n`]]);
  if (text !== undefined) files.set(name, text);
  const parsed = parseSettings(files);
  return 'settings' in parsed ? (parsed.settings as unknown as Record<string, unknown>)[name] : undefined;
}

/** What the page calls this default. */
function defaultText(value: unknown): string {
  if (value === me || JSON.stringify(value) === JSON.stringify([me])) return 'me';
  if (value === undefined || (typeof value === 'object' && Object.keys(value as object).length === 0)) return 'none';
  return `\`${String(value)}\``;
}

function takes(name: string, text: string, value: unknown): void {
  assert.deepEqual(setting(name, text), value, `${name}: ${JSON.stringify(text)}`);
}

const checks: Readonly<Record<string, (name: string, type: string) => void>> = {
  line: (name) => takes(name, 'one.example \nmore\n', 'one.example'),
  int: (name) => {
    takes(name, '7x\n', 7);
    takes(name, 'x\n', setting(name));
  },
  'strict int': (name) => {
    takes(name, '7\n', 7);
    const files = new Map([
      ['me', `${me}\n`],
      [name, '7x\n'],
    ]);
    assert.ok('problems' in parseSettings(files));
  },
  word: (name, type) => {
    for (const [, word = ''] of type.matchAll(/`(\w+)`/g)) takes(name, `${word}\n`, word);
    takes(name, 'neither\n', undefined);
  },
  list: (name) => takes(name, '# why\none.example\n\ntwo.example\n', ['one.example', 'two.example']),
  map: (name) => takes(name, 'KEY:1\nkey:value\n', { key: 'value' }),
  source: (name) => {
    takes(name, 'file control/list \n', 'file control/list');
    takes(name, 'local now\n', undefined);
  },
  text: (name) => takes(name, '#one\n./two\n', '#one\n./two'),
  listeners: (name) =>
    takes(name, 'smtp [::1]:25 max=2\n', [{ protocol: 'smtp', address: '::1', port: 25, options: { max: '2' } }]),
  peers: (name) => {
    takes(name, 'KEY:192.0.2.1\nkey:192.0.2., ::1\n', { key: '192.0.2., ::1' });
    takes(name, 'key:value\n', undefined);
  },
  addresses: (name) => takes(name, '127.0.0.1:53\n', ['127.0.0.1:53']),
};

test('the page has a row for every control file and no other', () => {
  assert.deepEqual(
    rows.map(({ name }) => name),
    [...controlNames].sort(),
  );
});

for (const { name, type, fallback, from } of rows) {
  test(`control/${name} is as its row says`, () => {
    const [, kind = ''] = /^(strict int|[a-z]+)/.exec(type) ?? [];
    const check = checks[kind];
    assert.ok(check !== undefined, `unknown type ${type}`);
    check(name, type);
    assert.ok(['reload', 'restart', 'start', 'next'].includes(from), from);
    if (name === 'me') assert.equal(fallback, 'must exist');
    else assert.equal(fallback, defaultText(setting(name)));
  });
}
