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

test('octets that are not printable are shown as ?, as qmail does', () => {
  const files = new Map([
    ['me', 'm.org\r\n'],
    ['locals', 'a\tb\n\xe9.org\n'],
  ]);
  const shown = showControls({ ...empty, names: [...files.keys()], files });
  assert.match(shown, /\nme: My name is m\.org\?\.\n/);
  assert.match(shown, /\nbouncehost: \(Default\.\) Bounce host name is m\.org\?\.\n/);
  assert.match(shown, /\nlocals: \nMessages for a\?b are delivered locally\.\nMessages for \?\.org are delivered/);
});

test('more hosts count where rcpthosts is there, also when it cannot be read', () => {
  const files = new Map([['morercpthosts', 'x.org\n']]);
  const shown = (unreadable: readonly string[]): string =>
    showControls({ ...empty, names: ['morercpthosts'], files, unreadable: new Set(unreadable) });
  assert.match(shown([]), /doesn't matter that morercpthosts has x\.org/);
  assert.match(shown(['rcpthosts']), /SMTP clients may send messages to recipients at x\.org\./);
});
