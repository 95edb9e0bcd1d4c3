/**
 * About 180 hostile or odd conversations with one running server, each once as it stands and once octet by octet: the
 * codes that come back, and what arrives at the next hop. All at once, because clients are.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLenientServer } from '../../attacks/lenient-server.js';
import { backwards } from '../../support/server-home.js';
import { drained, statusOf } from '../../support/server-status.js';
import { commandRows } from './command-rows.js';
import { codesIn, converse } from './converse.js';
import { dataRows } from './data-rows.js';
import { piecesFor, TortureHouse } from './house.js';
import { orderRows } from './order-rows.js';
import { codesOf, type Row } from './row.js';

const rows: readonly Row[] = [...dataRows, ...commandRows, ...orderRows];
const atOnce = 25;

interface Turn {
  readonly row: Row;
  readonly how: 'whole' | 'octets';
  /** Local part of the recipient that stands for `<TO>`. */
  readonly local: string;
}

const turns: readonly Turn[] = rows.flatMap((row, at): Turn[] => {
  const whole: Turn = { row, how: 'whole', local: `row${at}w` };
  return row.whole === true ? [whole] : [whole, { row, how: 'octets', local: `row${at}o` }];
});

/** Works through all turns, a bounded number at a time; what the server said to each. */
async function sayAll(port: number): Promise<Map<Turn, string>> {
  const said = new Map<Turn, string>();
  const left = [...turns];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      said.set(next, await converse(port, piecesFor(next.row, next.local), next.how));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return said;
}

test('no two rows have the same name', () => {
  const names = rows.map(({ what }) => what);
  assert.deepEqual(
    names.filter((name, at) => names.indexOf(name) !== at),
    [],
  );
});

test('a server that is lenient in everything fails the tables', async (t) => {
  const messages: string[] = [];
  const port = await startLenientServer(backwards(t), (_sender, text) => messages.push(text));
  // Rows that wait for replies could wait for ever.
  const plain = rows.filter(({ send, whole }) => whole !== true && send.every((piece) => typeof piece === 'string'));
  const wrong: string[] = [];
  const left = [...plain];
  const worker = async (): Promise<void> => {
    for (let row = left.shift(); row !== undefined; row = left.shift()) {
      const said = await converse(port, piecesFor(row, 'x'), 'whole');
      if (codesIn(said).join(' ') !== codesOf(row).join(' ')) wrong.push(row.what);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  t.diagnostic(`${wrong.length} of ${plain.length} rows are seen to be wrong, ${messages.length} messages were taken`);
  assert.ok(plain.length > 80 && wrong.length > plain.length / 2, `${wrong.length} of ${plain.length}`);
});

test(`${rows.length} odd conversations, whole and octet by octet`, async (t) => {
  const house = await TortureHouse.open(backwards(t), { databytes: '20000', maxrcpt: '50', concurrencyremote: '20' });
  const node = house.server.pid('node');
  const begun = performance.now();
  const said = await sayAll(house.port);
  t.diagnostic(`${turns.length} conversations in ${Math.round(performance.now() - begun)} ms`);
  await drained(house.server);
  const bounced = house.bounced();
  for (const turn of turns) {
    const { row, how, local } = turn;
    await t.test(`${row.what} (${how})`, () => {
      const heard = said.get(turn) ?? '';
      assert.equal(codesIn(heard).join(' '), codesOf(row).join(' '), JSON.stringify(heard.slice(-300)));
      if (row.says !== undefined) assert.match(heard, row.says);
      const came = house.arrived.get(local) ?? [];
      // Two messages travel side by side.
      assert.deepEqual(came.map(({ body }) => body).sort(), [...(row.arrives ?? [])].sort());
      if (row.traced !== undefined) for (const { trace } of came) assert.match(trace, row.traced);
      assert.equal(bounced.has(local), row.bounces === true, 'returned');
    });
  }
  assert.equal(house.arrived.has('forged'), false, 'no forged message');
  assert.equal(house.server.pid('node'), node, 'the node is the same');
  const { counters, threads } = (await statusOf(house.server)) ?? {};
  assert.equal(counters?.['smtpd.connections'], 0, 'no connection is left');
  assert.equal(threads?.restarts, 0);
});
