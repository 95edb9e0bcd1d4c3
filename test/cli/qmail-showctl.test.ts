/** qmail-showctl where there is nothing to show: a home without control/, and one whose name cannot be read. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run, scratch } from './command.js';

test('qmail-showctl: no control folder, and a me that cannot be read: told behind the head, with 111', async (t) => {
  const home = scratch(t);
  const shown = () => run(t, 'qmail-showctl', [], { env: { QMAILHOME: home } }).finished;
  const none = await shown();
  assert.equal(none.code, 111);
  assert.match(none.stdout, new RegExp(`^qmail home directory: ${home}\\.\n[^]*\nOops! Unable to chdir to control\\.\n$`));
  mkdirSync(join(home, 'control', 'me'), { recursive: true });
  const folder = await shown();
  assert.equal(folder.code, 111);
  assert.match(folder.stdout, /\ngroup ids: [^\n]*\nOops! Trouble reading control\/me\.\n$/);
});
