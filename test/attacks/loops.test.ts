/**
 * Mail that goes round and bounces that breed: two hosts that send to each other, a bounce of a bounce of a bounce, a storm
 * of forged mail to nobody. The number of messages stays bounded, and a bounce has no bounce.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queueReceived, serverReceived } from '../../src/protocol/received.js';
import { SmtpPeer } from '../protocol/smtp-peer.js';
import { OneThreadNode } from '../support/one-thread-node.js';

/** Passes a message to and fro until a host refuses it; how often it was taken, and the reply that ended it. */
function hops(maxHops: number, most: number): { readonly taken: number; readonly reply: string } {
  let wire = 'Subject: round\r\n\r\nx\r\n';
  for (let taken = 0; taken < most; taken++) {
    const peer = new SmtpPeer({ maxHops });
    const reply = peer.feed(`EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n${wire}.\r\n`);
    const [kept] = peer.kept;
    if (kept === undefined) return { taken, reply };
    const from = { remoteHost: 'a', remoteIp: '192.0.2.1', remoteInfo: undefined, helo: 'a', local: 'b', protocol: 'SMTP' };
    wire = queueReceived(taken, 'from network', 'date', '\r\n') + serverReceived(from, 'date', '\r\n') + kept.wire;
  }
  return { taken: most, reply: '' };
}

test('two hosts that send to each other stop within 100 hops', () => {
  const { taken, reply } = hops(100, 1_000);
  assert.ok(taken >= 40 && taken <= 100, `${taken} hops`);
  assert.match(reply, /554 too many hops, this message is looping \(#5\.4\.6\)\r\n$/);
  assert.equal(hops(1_000_000, 200).taken, 200, 'a host that does not count would go on');
});

test('a bounce that bounces goes to postmaster, and when that fails the log alone knows of it', async () => {
  const seen: (readonly [sender: string, recipient: string])[] = [];
  const node = await OneThreadNode.started({
    script: (recipient, { sender }) => {
      seen.push([sender, recipient]);
      return 'D';
    },
  });
  await node.accepted('forged@far.test', ['nobody@other.test']);
  await node.log.line('triple bounce: ');
  await node.clock.advance(30 * 24 * 3_600);
  assert.deepEqual(seen, [
    ['forged@far.test', 'nobody@other.test'],
    ['', 'forged@far.test'],
    ['#@[]', 'postmaster@mx.test.example'],
  ]);
  assert.deepEqual(node.log.lines.filter((line) => line.startsWith('triple bounce')).length, 1);
  await node.stop();
});

test('a message without sender, and one from a double bounce, have no bounce', async () => {
  const recipients: string[] = [];
  const node = await OneThreadNode.started({
    settings: { doublebounceto: 'dumpster', doublebouncehost: 'mx.test.example' },
    script: (recipient) => {
      recipients.push(recipient);
      return recipient.startsWith('dumpster') ? 'K' : 'D';
    },
  });
  const id = await node.accepted('', ['nobody@other.test']);
  await node.log.line(`end msg ${id}`);
  const last = await node.accepted('#@[]', ['nobody@other.test']);
  await node.log.line(`end msg ${last}`);
  await node.clock.advance(30 * 24 * 3_600);
  assert.deepEqual(recipients, ['nobody@other.test', 'dumpster@mx.test.example', 'nobody@other.test']);
  await node.stop();
});

test('100 forged messages to nobody: one bounce each, tried for a while, then silence', async () => {
  let tries = 0;
  const node = await OneThreadNode.started({
    settings: { queuelifetime: 3_600 },
    script: (_recipient, { sender }) => {
      if (sender !== '') return 'D';
      // The hosts of the forged senders do not answer.
      tries += 1;
      return 'Z';
    },
  });
  for (let n = 0; n < 100; n++) await node.accepted(`forged${n}@far.test`, ['nobody@other.test']);
  await node.clock.advance(24 * 3_600);
  const then = tries;
  assert.ok(then >= 100 && then <= 1_200, `${then} tries`);
  await node.clock.advance(10 * 24 * 3_600);
  assert.equal(tries, then, 'nothing is left to try');
  await node.stop();
});
