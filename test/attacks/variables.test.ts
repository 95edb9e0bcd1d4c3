/**
 * Shell text in everything that a message's sender chooses and a program gets: sender, local part, extension, host, the
 * lines of the message. Each arrives as the value of its variable, octet by octet, and nothing of it is run.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLocalDeliverer } from '../../src/actors/local/deliverer.js';
import { delivery, hostname, nonce, serverHome } from '../support/local-home.js';

const own = process.getuid?.() || 8001;

function place(t: TestContext) {
  const home = serverHome(t, [{ name: 'joe', uid: own }]);
  const deliverer = createLocalDeliverer({ home, nonce, uid: own, hostname, env: { PATH: process.env.PATH } });
  t.after(() => deliverer.close());
  const joe = join(home, 'joe');
  return { deliverer, joe, canary: join(joe, 'canary'), seen: join(joe, 'seen') };
}

/** Texts that a shell would run if it saw them; `touch` makes the canary. */
const attacks = (touch: string): readonly string[] => [
  ...[
    `;${touch}`,
    `|${touch}`,
    `&${touch}`,
    `&&${touch};`,
    `||${touch}`,
    `$(${touch})`,
    `\`${touch}\``,
    `\n${touch}\n`,
    `\r\n${touch}\r\n`,
  ],
  ...[
    `'; ${touch} #`,
    `"; ${touch} #`,
    `'"; ${touch} #`,
    `\${IFS}${touch}`,
    `() { :;}; ${touch}`,
    `() {() { :;}; ${touch}`,
    `x=() { :; }; ${touch}`,
    `<(${touch})`,
  ],
  ...[
    `>(${touch})`,
    `\\\n${touch}`,
    `!${touch}`,
    `$[\`${touch}\`]`,
    `%s$(${touch})`,
    `-c ${touch}`,
    `--; ${touch}`,
    `\xe9$(${touch})\xff`,
  ],
  ...[`\x1b]0;${touch}\x07`, `a\tb;${touch}`, `~root;${touch}`, `*;${touch}`, `$PATH:$(${touch})`, `\x01\x02;${touch}`],
];

/** What bash once took for a function is not passed on. */
const passed = (value: string): string => value.replace(/^(?:\(\) \{)+/, '');

const variables = (text: string): Map<string, string> =>
  new Map(
    text
      .split('\0')
      .filter((one) => one !== '')
      .map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
  );

test('hostile senders and recipients reach programs as values', async (t) => {
  const { deliverer, joe, canary, seen } = place(t);
  writeFileSync(join(joe, '.qmail-default'), `|env -0 >${seen}\n`);
  for (const text of attacks(`touch ${canary}`)) {
    // An address has no `@` in what this test compares, and `/` is no part of an extension that a file is looked up for.
    const sender = `${text}@sender.example`;
    const { outcomes } = await deliverer.deliver(delivery(`joe-${text}@x.example`, { sender }), '');
    assert.equal(outcomes[0]?.status, 'K', JSON.stringify([text, outcomes]));
    const got = variables(readFileSync(seen, 'latin1'));
    const expected = {
      SENDER: sender,
      LOCAL: `joe-${text}`,
      EXT: text,
      DEFAULT: text,
      HOST: 'x.example',
      RECIPIENT: `joe-${text}@x.example`,
      USER: 'joe',
      HOME: joe,
    };
    for (const [name, value] of Object.entries(expected))
      assert.equal(got.get(name), passed(value), `${name} of ${JSON.stringify(text)}`);
    for (const name of ['DTLINE', 'RPLINE', 'UFLINE']) assert.match(got.get(name) ?? '', /^[^\n]*\n$/, name);
    rmSync(seen);
  }
  assert.ok(!existsSync(canary), 'something was run');
});

test('hostile hosts, and a message that looks like a script', async (t) => {
  const { deliverer, joe, canary, seen } = place(t);
  writeFileSync(join(joe, '.qmail'), `|env -0 >${seen}\n|cat >/dev/null\n`);
  for (const text of attacks(`touch ${canary}`).filter((one) => !one.includes('@'))) {
    const bytes = Buffer.from(`${text}\r\n#!/bin/sh\r\ntouch ${canary}\r\n`, 'latin1');
    const { outcomes } = await deliverer.deliver(delivery(`joe@${text}`, { bytes }), '');
    assert.equal(outcomes[0]?.status, 'K', JSON.stringify([text, outcomes]));
    assert.equal(variables(readFileSync(seen, 'latin1')).get('HOST'), passed(text));
  }
  assert.ok(!existsSync(canary), 'something was run');
});

test('a NUL ends no variable early and begins none', async (t) => {
  const { deliverer, joe, seen } = place(t);
  writeFileSync(join(joe, '.qmail-default'), `|env -0 >${seen}\n`);
  const { outcomes } = await deliverer.deliver(delivery('joe-x@x.example', { sender: 'a\0LD_PRELOAD=/evil\0@b' }), '');
  t.diagnostic(JSON.stringify(outcomes));
  if (existsSync(seen)) assert.ok(!variables(readFileSync(seen, 'latin1')).has('LD_PRELOAD'));
});

test('a program line that gives a variable to the shell as text does run it: the canary can be seen', async (t) => {
  const { deliverer, joe, canary } = place(t);
  writeFileSync(join(joe, '.qmail-default'), '|eval "echo $EXT"\n');
  await deliverer.deliver(delivery(`joe-;touch ${canary}@x.example`), '');
  assert.ok(existsSync(canary));
});
