/**
 * The rules between layers are enforced: in a copy of the sources, files that break one rule each must be refused, each
 * with exactly the errors that its first line names. Files that expect nothing prove that the checkers see the difference.
 */
import assert from 'node:assert/strict';
import {
  constants,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { installed, run } from '../runner/command.js';
import { filesBelow, root } from '../runner/tree.js';

const fixtures = 'test/layers/fixtures';
const secondsPerTool = 60;
/** Each is compiled with the layers below it as they are. */
const layers = ['src/protocol', 'src/store', 'src/actors'];

const copy = realpathSync(mkdtempSync(join(tmpdir(), 'tqmail-layers-')));
/** Error codes by file (`src/…`), of both checkers; what is less than an error does not count. */
const found = new Map<string, Set<string>>();

before(async () => {
  for (const name of ['package.json', 'tsconfig.json', 'tsconfig.base.json', 'biome.json', '.gitignore', 'src']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(realpathSync(join(root, 'node_modules')), join(copy, 'node_modules'));
  for (const layer of layers) await compile(layer);
  await lint();
});
after(() => rmSync(copy, { recursive: true, force: true }));

for (const file of filesBelow(fixtures, '.ts')) {
  const name = relative(fixtures, file);
  const [, codes = ''] = /^\/\/ expect: (.+)/.exec(readFileSync(join(root, file), 'utf8')) ?? [];
  test(`${name}: ${codes}`, () => {
    assert.notEqual(codes, '', `${file} must begin with "// expect: CODE…" or "// expect: nothing"`);
    assert.deepEqual([...(found.get(name) ?? ['nothing'])].sort(), codes.split(' ').sort());
  });
}

test('the sources themselves compile in the copy, so that an error of a fixture is its own', () => {
  const placed = filesBelow(`${fixtures}/src`, '.ts').map((file) => relative(fixtures, file));
  const broken = [...found].filter(([name, codes]) => !placed.includes(name) && [...codes].some((code) => code.startsWith('TS')));
  assert.deepEqual(
    broken.map(([name]) => name),
    [],
  );
});

/** Puts the fixtures below `folder` into the copy, never over a file of the project. */
function place(folder: string): string[] {
  const names = filesBelow(`${fixtures}/${folder}`, '.ts').map((path) => relative(fixtures, path));
  for (const name of names) {
    mkdirSync(dirname(join(copy, name)), { recursive: true });
    copyFileSync(join(root, fixtures, name), join(copy, name), constants.COPYFILE_EXCL);
  }
  return names;
}

async function compile(layer: string): Promise<void> {
  const names = [...place(layer), ...(layer === 'src/actors' ? place('src/cli') : [])];
  const built = await run(installed('tsc'), ['-b', '--pretty', 'false', layer], secondsPerTool, { folder: copy });
  for (const [, name = '', code = ''] of built.output.matchAll(/^(\S+)\(\d+,\d+\): error (TS\d+)/gm)) note(name, code);
  for (const name of names) rmSync(join(copy, name));
}

async function lint(): Promise<void> {
  place('src');
  const linted = await run(installed('biome'), ['lint', '--reporter=github', '--max-diagnostics=none', 'src'], secondsPerTool, {
    folder: copy,
  });
  for (const [, code = '', path = ''] of linted.output.matchAll(/^::error title=([^,]+),file=([^,]+),/gm)) {
    note(path.startsWith(copy) ? relative(copy, path) : path, code);
  }
}

function note(name: string, code: string): void {
  found.set(name, (found.get(name) ?? new Set()).add(code));
}
