/**
 * The recorded cases of the remote area, through RemoteSession and a scripted server. Greets with HELO, as the
 * recorded program does. The cases that only look at the command line (invocation) belong to the command's test.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, recordedCases } from '../../golden/recorded.js';
import { DnsServer } from '../../support/dns-server.js';
import { goldenZone, type RemoteCase } from '../../support/golden-zone.js';
import { playRemoteCase } from '../../support/play-remote-case.js';

const different = differences();
const cases = recordedCases<RemoteCase>('remote').filter(({ area }) => area !== 'invocation');
const areas = [...new Set(cases.map(({ area }) => area))];

// Some areas only wait for a timeout of a second: those overlap.
test('recorded deliveries', { concurrency: 4 }, async (t) => {
  const dns = new DnsServer(goldenZone());
  const nameserver = await dns.start();
  const played = areas.map((area) =>
    t.test(area, async () => {
      const wrong: string[] = [];
      await Promise.all(cases.filter((one) => one.area === area).map((one) => check(one, nameserver, wrong)));
      assert.deepEqual(wrong, []);
    }),
  );
  await Promise.all(played);
  await dns.stop();
});

/** A case that differs on purpose must differ: an entry that is no longer true is as wrong as an unknown difference. */
async function check(one: RemoteCase, nameserver: string, wrong: string[]): Promise<void> {
  const { actual, expected } = await playRemoteCase(one, nameserver);
  const same = JSON.stringify(actual) === JSON.stringify(expected);
  const reason = different.get(one.id);
  if (same && reason === undefined) return;
  if (!same && reason !== undefined) return;
  wrong.push(`${one.id} ${one.description}: ${same ? 'does not differ any more' : JSON.stringify({ actual, expected })}`);
}
