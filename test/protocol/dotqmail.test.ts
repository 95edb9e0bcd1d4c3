/** .qmail files: search order, instructions, forwarding sender; hostile extensions open no other folder. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { candidates, forwardingSender, ownerFiles, parseInstructions } from '../../src/protocol/mailbox/dotqmail.js';

const names = (dash: string, ext: string): string[] => candidates(dash, ext).map(({ name }) => name);

test('the files tried for an extension', () => {
  assert.deepEqual(names('', ''), ['.qmail', '.qmaildefault']);
  assert.deepEqual(names('-', 'foo'), ['.qmail-foo', '.qmail-default']);
  assert.deepEqual(names('-', 'foo-bar'), ['.qmail-foo-bar', '.qmail-foo-default', '.qmail-default']);
  assert.deepEqual(names('-', 'foo-'), ['.qmail-foo-', '.qmail-foo-default', '.qmail-default']);
  assert.deepEqual(names('-', 'P.D.Q.Bach'), ['.qmail-p:d:q:bach', '.qmail-default']);
});

test('DEFAULT is what default stands for, in the case of the address', () => {
  assert.deepEqual(
    candidates('-', 'List-AbC').map(({ matched }) => matched),
    [undefined, 'AbC', 'List-AbC'],
  );
  assert.equal(candidates('-', 'a-Default')[0]?.matched, 'Default');
});

test('no extension names a file outside its folder', () => {
  const hostile = fc.stringMatching(/^[-./\0a-z~]{0,30}$/);
  fc.assert(
    fc.property(hostile, (ext) => {
      for (const { name } of candidates('-', ext)) {
        assert.doesNotMatch(name, /[/\0]/);
        assert.ok(name.startsWith('.qmail-') && !name.includes('..'));
      }
    }),
  );
  assert.equal(ownerFiles('-', '../x'), undefined);
  assert.deepEqual(names('-', '../x'), ['.qmail-default']);
  assert.deepEqual(names('-/', 'x'), ['.qmail-/x', '.qmail-/default']);
});

test('what each kind of line orders', () => {
  const text = './Mailbox  \t\n/abs/Box\n./Maildir/\n|prog arg \n&addr@x.y\nbare@x.y\n# remark\n\n+list\n+other\n&a\0b';
  const found = parseInstructions(text).map(({ tag, line, text: order }) => `${line} ${tag} ${order}`);
  assert.deepEqual(found, [
    '1 mbox ./Mailbox',
    '2 mbox /abs/Box',
    '3 maildir ./Maildir/',
    '4 program prog arg',
    '5 forward addr@x.y',
    '6 forward bare@x.y',
    '9 list ',
    '11 forward a',
  ]);
});

test('a blank first line is an order to wait', () => {
  for (const text of ['', '\n./Box\n', '  \n', '\0./Box\n']) assert.equal(parseInstructions(text)[0]?.tag, 'blankFirst');
  assert.deepEqual(parseInstructions('#x\n\n'), []);
});

test('the sender of forwarded mail', () => {
  assert.equal(forwardingSender('s@t', 'joe-l', 'h', false, true), 's@t');
  assert.equal(forwardingSender('s@t', 'joe-l', 'h', true, false), 'joe-l-owner@h');
  assert.equal(forwardingSender('s@t', 'joe-l', 'h', true, true), 'joe-l-owner-@h-@[]');
  for (const sender of ['', '#@[]']) assert.equal(forwardingSender(sender, 'joe-l', 'h', true, true), sender);
});
