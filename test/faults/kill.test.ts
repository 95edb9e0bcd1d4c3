/**
 * Faults at random moments under load (the short form of soak.ts), and the proof that the
 * accounting notices a server that forgets.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, openFolder, until } from '../support/server-home.js';
import { Book } from './kill/book.js';
import { Load } from './kill/load.js';
import { mostTwice, readMaildir, runRounds } from './kill/rounds.js';
import { mixedNames } from './kill/strikes.js';

for (const [what, rounds, strikes] of [
  ['of all processes', 12, ['all']],
  ['of one process or thread after another', 13, mixedNames],
] as const) {
  test(`${rounds} faults ${what} under load lose nothing, and double no local delivery`, async (t) => {
    const { table, ...result } = await runRounds(backwards(t), { rounds, strikes, loadMs: [100, 500] });
    t.diagnostic(JSON.stringify(result));
    for (const row of table) t.diagnostic(JSON.stringify(row));
    assert.ok(result.accepted >= 50, `only ${result.accepted} messages were accepted`);
    assert.equal(result.lost, 0);
    assert.equal(result.altered, 0);
    assert.equal(result.twiceLocal, 0);
    assert.ok(result.mostTwiceAfterKill <= mostTwice, 'more arrived twice after a fault than can be under way');
  });
}

test('a server that answers 250 and forgets is caught', async (t) => {
  const forgetful = await startKeepingSink(t, {});
  const book = new Book();
  const load = new Load({ port: forgetful.port, senders: 2, accepted: (n) => book.accept(n), hold: () => false });
  await until('twenty messages are accepted', 10_000, () => book.accepted >= 20);
  await load.stop();
  const maildir = join(openFolder(t), 'Maildir');
  for (const folder of ['new', 'cur']) mkdirSync(join(maildir, folder), { recursive: true });
  readMaildir(maildir, book);
  const { accepted, lost } = book.verdict();
  assert.equal(lost, 2 * accepted);
});
