/**
 * Some hundreds of POP3 clients that hold a place and do nothing, or half of something: who came first goes first, normal clients are
 * served, and the log tells it once. The large form is a case of `npm run overload`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../support/fake-clock.js';
import type { Client } from '../support/line-client.js';
import { openPop3, type Pop3House } from '../support/pop3-house.js';
import { soon, until } from '../support/server-home.js';

const places = 100;
const crowd = 300;
const waitMs = 30_000;

/** Half a login each: nothing, a name, an octet of a line, a line without an end. */
const halves = ['', 'USER joe\r\n', 'P', `USER ${'u'.repeat(3_000)}`];

async function holdCrowd(house: Pop3House): Promise<readonly Client[]> {
  const clients: Client[] = [];
  for (let n = 0; n < crowd; n++) {
    const client = house.dial();
    client.socket.once('connect', () => client.socket.write(halves[n % halves.length] ?? ''));
    clients.push(client);
  }
  const count = (): number => {
    const counters = house.pop3d.counters?.() ?? {};
    return Number(counters['pop3d.connections']) + Number(counters['pop3d.waiting']) + Number(counters['pop3d.rejected']);
  };
  await until('all have come', waitMs, async () => count() === crowd);
  return clients;
}

test(`${crowd} clients for ${places} places: the oldest idle make room, normal ones are served, the log says so once`, async (t) => {
  const clock = new FakeClock(1_700_000_000, soon);
  const house = await openPop3(t, { clock, settings: { concurrencyincoming: places } });
  const held = await holdCrowd(house);
  const counters = (): Readonly<Record<string, unknown>> => house.pop3d.counters?.() ?? {};
  assert.equal(counters()['pop3d.connections'], places);
  // Nobody is cut short before its half minute is over.
  await clock.advance(20);
  assert.equal(counters()['pop3d.evicted'], 0);
  assert.equal(counters()['pop3d.rejected'], crowd - places - Number(counters()['pop3d.waiting']));
  await until('those without a place have heard it', waitMs, async () => {
    const gone = held.filter(({ said }) => /^-ERR \[SYS\/TEMP\] too many connections/.test(said)).length;
    return gone === counters()['pop3d.rejected'];
  });
  await clock.advance(11);
  assert.ok(Number(counters()['pop3d.evicted']) > 0);
  const first = held.slice(0, 10).filter(({ said }) => said.startsWith('+OK ready'));
  await until('the first have gone', waitMs, async () => first.every(({ said }) => said.endsWith('please try again later\r\n')));
  for (let n = 0; n < 10; n++) {
    const client = house.dial();
    client.socket.end('USER joe\r\nPASS secret\r\nSTAT\r\nQUIT\r\n');
    await client.closed;
    assert.match(client.said, /^\+OK ready\r\n\+OK \r\n\+OK \r\n\+OK 3 48\r\n\+OK \r\n$/, `client ${n}`);
  }
  assert.ok(Number(counters()['pop3d.connections']) <= places);
  const told = house.log.join('').match(/more clients than places/g);
  assert.equal(told?.length, 1, house.log.join(''));
});
