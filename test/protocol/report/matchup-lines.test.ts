/**
 * Lines in and out of a matched log: parts of a log give what the whole gives, matched lines are read back as they were,
 * chosen ones are those of their sender, recipient or process, and sendmail's form says the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Choice, chosen } from '../../../src/protocol/report/chosen.js';
import { deliveryLine, messageLine, readDeliveryLine, readMessageLine } from '../../../src/protocol/report/matched-lines.js';
import { Matchup, type MatchupSink } from '../../../src/protocol/report/matchup.js';
import { readReportLine } from '../../../src/protocol/report/read-line.js';
import { sendmailDelivery, sendmailMessage } from '../../../src/protocol/report/sendmail-lines.js';

const log = `100.000000 new msg 7
100.000000 info msg 7: bytes 500 from <Joe@A.example> qp 12 uid 1000
101.000000 starting delivery 1: msg 7 to remote x@B.example
101.250000 new msg 8
101.250000 info msg 8: bytes 20 from <> qp 13 uid 5
101.250000 starting delivery 2: msg 8 to local y z@c.example
102.000000 delivery 1: deferral: later/
102.500000 delivery 2: success: did_1+0+0/
103.000000 end msg 8
90000.000000 starting delivery 3: msg 7 to remote x@B.example
90001.000000 delivery 3: success: ok/
90001.000000 end msg 7`
  .replaceAll(/^(\d{3})\./gm, '1795000$1.')
  .replaceAll(/^(\d{5})\./gm, '17950$1.')
  .replace('y z@', 'y_z@')
  .split('\n');

function lines(parts: readonly (readonly string[])[], into: (line: string[]) => MatchupSink = asMatched): string[] {
  const out: string[] = [];
  let pending: readonly string[] = [];
  for (const part of parts) {
    const matchup = new Matchup(into(out));
    for (const line of [...pending, ...part]) {
      const found = readReportLine(line);
      if (found !== undefined) matchup.take(found);
    }
    pending = [...matchup.pending()];
  }
  assert.deepEqual(pending, []);
  return out;
}

const asMatched = (out: string[]): MatchupSink => ({
  delivery: (one) => out.push(deliveryLine(one)),
  message: (one) => out.push(messageLine(one)),
});

test('a log cut anywhere, what was open given to the next part, is matched as the whole', () => {
  const whole = lines([log]);
  assert.equal(whole.length, 5);
  for (let cut = 0; cut <= log.length; cut++) {
    assert.deepEqual(lines([log.slice(0, cut), log.slice(cut)]), whole, `cut before line ${cut}`);
  }
  assert.deepEqual(lines(log.map((line) => [line])), whole);
});

test('matched lines are read back as they were written', () => {
  for (const line of lines([log])) {
    const delivery = readDeliveryLine(line);
    const message = readMessageLine(line);
    assert.equal(delivery === undefined ? message && messageLine(message) : deliveryLine(delivery), line);
  }
  for (const line of ['', 'd', 'd k 1', 'd x 1 1 1 1 <a> local.b 1 1 r', 'm 1 2 3', 'delivery 1: success: x']) {
    assert.deepEqual([readDeliveryLine(line), readMessageLine(line)], [undefined, undefined]);
  }
});

test('a choice passes what it names and nothing else', () => {
  const kept = (choice: Choice): readonly string[] => lines([log], (out) => chosen(choice, asMatched(out)));
  assert.deepEqual(
    kept({ sender: 'joe@a.example' }).map((line) => line[0]),
    ['d', 'd', 'm'],
  );
  assert.deepEqual(
    kept({ sender: '' }).map((line) => line[0]),
    ['d', 'm'],
  );
  assert.equal(kept({ recipient: 'x@b.example' }).length, 2);
  assert.equal(kept({ recipient: 'remote.x@b.example' }).length, 2);
  assert.equal(kept({ recipient: 'local.x@b.example' }).length, 0);
  assert.deepEqual(kept({ qp: 13 }), kept({ sender: '' }));
  assert.deepEqual(kept({ qp: 13, sender: 'joe@a.example' }), []);
});

test("sendmail's form", () => {
  const out = lines([log], (into) => ({
    delivery: (one) => into.push(sendmailDelivery(one)),
    message: (one) => into.push(sendmailMessage(one)),
  }));
  assert.deepEqual(out, [
    '2026-11-18T11:08:22Z 12: to=<x@b.example>, delay=00:00:02, xdelay=00:00:01, mailer=remote, stat=Deferred (later/)',
    '2026-11-18T11:08:22Z 13: to=<y_z@c.example>, delay=00:00:01, xdelay=00:00:01, mailer=local, stat=Sent (did_1+0+0/)',
    '2026-11-18T11:08:23Z 13: from=<>, size=20, nrcpts=1, ctladdr=uid5, delay=00:00:02',
    '2026-11-19T12:06:41Z 12: to=<x@b.example>, delay=1+00:58:21, xdelay=00:00:01, mailer=remote, stat=Sent (ok/)',
    '2026-11-19T12:06:41Z 12: from=<joe@a.example>, size=500, nrcpts=1, ctladdr=uid1000, delay=1+00:58:21',
  ]);
});
