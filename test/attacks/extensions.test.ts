/**
 * Addresses whose extension points out of the home, and .qmail files that are links, change while they are read, or are
 * owned or writable by others: no order of another's file is obeyed.
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLocalDeliverer } from '../../src/actors/local/deliverer.js';
import type { LocalDeliverer } from '../../src/actors/local/deliverer-types.js';
import { chanceOf } from '../fuzz/mutate.js';
import { delivered, delivery, hostname, nonce, serverHome } from '../support/local-home.js';

const root = process.getuid?.() === 0;
const own = process.getuid?.() || 8001;
/** Whose files must not be obeyed; only root can make them. */
const foreign = 8002;

interface Place {
  readonly home: string;
  readonly joe: string;
  /** Exists once an order was obeyed that nobody may give. */
  readonly canary: string;
  readonly deliverer: LocalDeliverer;
}

/** Run by root it delivers as root's own uid would not be allowed: users are 8001 then, the deliverer is told so. */
function place(t: TestContext): Place {
  const home = serverHome(t, [{ name: 'joe', uid: own }]);
  const deliverer = createLocalDeliverer({ home, nonce, uid: own, hostname, env: { PATH: process.env.PATH } });
  t.after(() => deliverer.close());
  return { home, joe: join(home, 'joe'), canary: join(home, 'joe', 'canary'), deliverer };
}

const names: readonly string[] = [
  ...[
    '../evil',
    '../../evil',
    'a/../../evil',
    './../evil',
    '..',
    '.',
    '/',
    '//',
    '/etc/passwd',
    '../joe/../evil',
    'x/..',
    'x/../evil',
  ],
  ...[
    '..\0',
    '../evil\0',
    '\0',
    'a\0/../evil',
    '%2e%2e/evil',
    '..%2fevil',
    '..\\evil',
    '..:evil',
    ':',
    '~/evil',
    '~joe',
    '-',
    '--',
    'default/../evil',
  ],
  ...['../evil-default', 'evil/', '\n../evil', `${'../'.repeat(200)}evil`],
];

test(`${names.length} extensions open no file outside of the home's own .qmail files`, async (t) => {
  const { home, joe, canary, deliverer } = place(t);
  mkdirSync(join(joe, '.qmail-x'));
  for (const folder of [home, joe, join(joe, '.qmail-x')]) {
    for (const name of ['evil', 'evil-default', '.qmail-evil', 'default'])
      writeFileSync(join(folder, name), `|touch ${canary}\n`);
  }
  // This one may be obeyed, for the extension `evil` alone.
  const honest = join(joe, 'honest');
  writeFileSync(join(joe, '.qmail-evil'), `|touch ${honest}\n`);
  for (const ext of names) {
    const { outcomes } = await deliverer.deliver(delivery(`joe-${ext}@x.example`), './Maildir/');
    assert.notEqual(outcomes[0]?.status, 'K', JSON.stringify([ext, outcomes]));
  }
  assert.ok(!existsSync(canary));
  assert.ok(!existsSync(honest));
  assert.equal((await deliverer.deliver(delivery('joe-evil@x.example'), '')).outcomes[0]?.status, 'K');
  assert.ok(existsSync(honest), 'an order that is obeyed can be seen');
});

test('extensions too long for a file name are refused or deferred, not cut', async (t) => {
  const { joe, canary, deliverer } = place(t);
  writeFileSync(join(joe, `.qmail-${'x'.repeat(240)}`), `|touch ${canary}\n`);
  for (const length of [249, 255, 256, 1_000, 4_096, 60_000]) {
    const { outcomes } = await deliverer.deliver(delivery(`joe-${'x'.repeat(length)}@x.example`), './Maildir/');
    assert.notEqual(outcomes[0]?.status, 'K', `${length}: ${JSON.stringify(outcomes).slice(0, 200)}`);
  }
  assert.ok(!existsSync(canary));
});

test('files of others, files that others can write, and links to them are not obeyed', async (t) => {
  const { home, joe, canary, deliverer } = place(t);
  const order = `|touch ${canary}\n`;
  writeFileSync(join(joe, '.qmail-open'), order);
  chmodSync(join(joe, '.qmail-open'), 0o666);
  writeFileSync(join(home, 'target'), order);
  chmodSync(join(home, 'target'), 0o666);
  symlinkSync(join(home, 'target'), join(joe, '.qmail-link'));
  symlinkSync(join(joe, '.qmail-loop'), join(joe, '.qmail-loop'));
  mkdirSync(join(joe, '.qmail-folder'));
  const exts = ['open', 'link', 'loop', 'folder'];
  if (root) {
    writeFileSync(join(joe, '.qmail-foreign'), order);
    chownSync(join(joe, '.qmail-foreign'), foreign, foreign);
    writeFileSync(join(home, 'theirs'), order);
    chownSync(join(home, 'theirs'), foreign, foreign);
    symlinkSync(join(home, 'theirs'), join(joe, '.qmail-theirs'));
    exts.push('foreign', 'theirs');
  } else t.diagnostic('files of another owner are looked at only with root');
  for (const ext of exts) {
    const { outcomes } = await deliverer.deliver(delivery(`joe-${ext}@x.example`), './Maildir/');
    t.diagnostic(`${ext}: ${outcomes[0]?.status} ${outcomes[0]?.text.trim()}`);
    assert.notEqual(outcomes[0]?.status, 'K', `${ext}: ${JSON.stringify(outcomes)}`);
  }
  assert.ok(!existsSync(canary), 'an order of another was obeyed');
  assert.deepEqual(delivered(joe), []);
});

test('a file that is exchanged while mail arrives is obeyed as it was checked', async (t) => {
  const { joe, canary, deliverer } = place(t);
  const [good, bad, live] = [join(joe, 'good'), join(joe, 'bad'), join(joe, '.qmail-race')];
  const chance = chanceOf(7);
  const exchange = (): void => {
    writeFileSync(good, './Maildir/\n');
    writeFileSync(bad, `|touch ${canary}\n`);
    chmodSync(bad, 0o666);
    renameSync(chance() < 0.5 ? bad : good, live);
  };
  exchange();
  let running = true;
  const races = (async () => {
    while (running) {
      exchange();
      await new Promise(setImmediate);
    }
  })();
  const statuses = new Set<string | undefined>();
  for (let message = 0; message < 150 || (statuses.size < 2 && message < 5_000); message++) {
    // A refusal may need no turn of the event loop; the exchange does.
    await new Promise(setImmediate);
    const { outcomes } = await deliverer.deliver(delivery('joe-race@x.example', { message }), '');
    statuses.add(outcomes[0]?.status);
  }
  running = false;
  await races;
  assert.ok(!existsSync(canary), 'the checked file and the obeyed one differ');
  assert.deepEqual([...statuses].sort(), ['K', 'Z'], 'both files were met');
});
