/**
 * The client session alone on the recorded dialogues of qmail-remote: with EHLO, cut anywhere, an outcome for each recipient.
 * The recorded bytes themselves are compared through the command (golden/adapters/remote.ts).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, recordedCases } from '../golden/recorded.js';
import type { RemoteCase } from '../support/golden-zone.js';
import { replayRemote, rspawnOutcome } from './remote-replay.js';

const different = differences();
// Cases that need DNS, routes or a command line of their own are not the session's; the rest reaches 127.0.0.1.
const cases = recordedCases<RemoteCase>('remote').filter(
  (one) => !['dns', 'route', 'invocation'].includes(one.area) && one.server !== null && one.listen === undefined,
);

test('the recording is there', () => assert.ok(cases.length > 190, `${cases.length} cases`));

test('with EHLO the reports are the same', () => {
  for (const one of cases) {
    if (one.area === 'stage-helo' || different.has(one.id)) continue;
    assert.equal(replayRemote(one, 'ehlo').report, one.expected.report, one.id);
  }
});

test('replies cut into single octets give the same', () => {
  for (const one of cases) assert.deepEqual(replayRemote(one, 'helo', 1), replayRemote(one, 'helo'), one.id);
});

test("a recipient's outcome is what qmail-rspawn would make of the report", () => {
  let compared = 0;
  for (const one of cases) {
    const { outcomes, report } = replayRemote(one, 'helo');
    if (outcomes.length !== 1) continue;
    assert.deepEqual(outcomes[0], rspawnOutcome(report), one.id);
    compared++;
  }
  assert.ok(compared > 140, `${compared} compared`);
});
