/** qmail-showctl: every control file of this system has a sentence, trouble is told, unknown files are named. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlNames } from '../../src/protocol/control-names.js';
import { type ControlFolder, showControls } from '../../src/protocol/showctl.js';

const empty: ControlFolder = {
  home: '/home/of/qmail',
  files: new Map(),
  unreadable: new Set(),
  names: [],
  mtimes: new Map(),
  uids: [1],
  gids: [2],
};

test('no control file of this system is unknown', () => {
  const shown = showControls({ ...empty, names: controlNames, files: new Map(controlNames.map((name) => [name, '1\n'])) });
  assert.doesNotMatch(shown, /no idea/);
  for (const name of controlNames) assert.match(shown, new RegExp(`^${name}: `, 'm'));
});

test('a file that cannot be read is told, not taken for missing', () => {
  const shown = showControls({ ...empty, names: ['databytes', 'listeners'], unreadable: new Set(['databytes', 'listeners']) });
  assert.match(shown, /\ndatabytes: Oops! Trouble reading this file\.\n/);
  assert.match(shown, /\nlisteners: Oops! Trouble reading this file\.\n/);
});

test('a host without a name', () => {
  const shown = showControls(empty);
  assert.match(shown, /\nme: \(Default\.\) My name is undefined! Uh-oh\.\n/);
  assert.match(shown, /\nbouncehost: \(Default\.\) Bounce host name is bouncehost\.\n/);
});

test('names of other files', () => {
  assert.match(
    showControls({ ...empty, names: ['toString', 'zebra'] }),
    /\ntoString: I have no idea what this file does\.\n\nzebra: I have/,
  );
});
