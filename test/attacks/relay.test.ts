/**
 * 47 ways to write a recipient so that mail for a stranger's host is taken, over a real listener and through the routing
 * of the queue, under five configurations. Judged by where the mail would go, not by the reply.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRouting } from '../../src/protocol/routing.js';
import type { Settings } from '../../src/protocol/settings.js';
import { openHouse } from '../support/smtpd-house.js';

const host = 'strange.test';
const here = 'here.test';

/** What stands behind `RCPT TO:`. */
const probes: readonly string[] = [
  ...[`<x@${host}>`, `x@${host}`, `<x@${host}.>`, `<x@${host.toUpperCase()}>`, `<"x"@${host}>`, `<x@[192.0.2.1]>`],
  ...[`<x@[IPv6:2001:db8::1]>`, `<x@192.0.2.1>`, `<x%${host}@${here}>`, `<x%${host}>`, `<"x%${host}"@${here}>`],
  ...[`<x%${host}%${here}@${here}>`, `<x%${host}@[127.0.0.1]>`, `<x%${host}%>`, `<%${host}@${here}>`, `<x%${here}@${host}>`],
  ...[
    `<@${here}:x@${host}>`,
    `<@${here},@${here}:x@${host}>`,
    `<@${host}:x@${host}>`,
    `@${here}:x@${host}`,
    `<@${here}:x%${host}@${here}>`,
  ],
  ...[`<${host}!x>`, `<${host}!x@${here}>`, `<${here}!${host}!x>`, `<"${host}!x"@${here}>`, `<@${here}:${host}!x>`],
  ...[
    `<"x@${host}"@${here}>`,
    `<"x@${host}">`,
    `<x\\@${host}@${here}>`,
    `<x\\@${host}>`,
    `<x@${host}@${here}>`,
    `<x@${here}@${host}>`,
  ],
  ...[
    `<<x@${host}>>`,
    `<"<x@${host}>"@${here}>`,
    `<x@${here}, x@${host}>`,
    `<x@${here}>, <x@${host}>`,
    `<x@${here}> <x@${host}>`,
  ],
  ...[
    `<x@${host}\0@${here}>`,
    `<x@${here}\0.${host}>`,
    `<x@${here}.${host}>`,
    `<x@.${here}.${host}>`,
    `<x@ ${host}>`,
    `< x@${host}>`,
  ],
  ...[`<x@${here}\t@${host}>`, `<x;x@${host}>`, `<x@${host}#${here}>`, `<x@${host}/${here}>`],
];

const base: Partial<Settings> = { rcpthosts: [here, '.sub.test'], locals: [here], virtualdomains: {}, envnoathost: here };
const configurations: Readonly<Record<string, Partial<Settings>>> = {
  plain: base,
  'no locals': { ...base, locals: [] },
  'virtual domains': { ...base, locals: [], virtualdomains: { [here]: 'joe', '': 'all' } },
  'percent hack for our domain': { ...base, percenthack: [here, '127.0.0.1'] },
  'no rcpthosts': { ...base, rcpthosts: undefined, percenthack: [here] },
};

/** Probes after which mail would go out to the stranger's host, or to anywhere that nobody named. */
async function leaks(t: Parameters<typeof openHouse>[0], settings: Partial<Settings>, rules?: string): Promise<string[]> {
  const files = rules === undefined ? {} : { 'control/tcp.smtp': rules };
  const house = await openHouse(t, { settings, files, ...(rules === undefined ? {} : { rules: 'control/tcp.smtp' }) });
  const routing = compileRouting(house.settings);
  const found: string[] = [];
  for (const probe of probes) {
    const client = house.dial();
    await client.hears(/^220 .*\r\n/);
    await client.ask('EHLO probe.test');
    await client.ask('MAIL FROM:<a@b.test>');
    if (!(await client.ask(`RCPT TO:${probe}`)).startsWith('250')) continue;
    await client.ask('DATA');
    const before = house.submissions.length;
    await client.ask('Subject: probe\r\n\r\nx\r\n.');
    for (const recipient of house.submissions[before]?.envelope.recipients ?? []) {
      const { channel, address } = routing.route(recipient);
      const to = address.slice(address.lastIndexOf('@') + 1);
      if (channel === 'remote' && to !== here && !to.endsWith('.sub.test')) found.push(probe);
    }
    client.socket.destroy();
  }
  return found;
}

test('the probes are 47, all different', () => {
  assert.equal(probes.length, 47);
  assert.equal(new Set(probes).size, 47);
});

for (const [name, settings] of Object.entries(configurations)) {
  test(`${name}: no probe leaks`, async (t) => assert.deepEqual(await leaks(t, settings), []));
}

test('a client that may relay does leak: the probes can be seen', async (t) => {
  const found = await leaks(t, base, '127.:allow,RELAYCLIENT=""\n');
  assert.ok(found.length > 20, `${found.length}: ${found}`);
});
