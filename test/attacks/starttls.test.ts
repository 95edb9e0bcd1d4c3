/**
 * STARTTLS where there is no TLS: the server refuses it and reads what comes with it as it stands; the client never asks for
 * it, so that nothing can be injected around it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { converse } from '../e2e/torture/converse.js';
import { SmtpPeer } from '../protocol/smtp-peer.js';
import { delivery, hello, remoteSession } from '../support/remote-sessions.js';
import { type Step, withServer } from '../support/scripted-smtp-server.js';
import { backwards } from '../support/server-home.js';
import { startLenientServer } from './lenient-server.js';

const codes = (replies: string): string => (replies.match(/^\d{3} /gm) ?? []).map((code) => code.trim()).join(' ');

test('the server offers no STARTTLS, refuses it, and what comes in one piece behind it is no other session', () => {
  const peer = new SmtpPeer({});
  assert.doesNotMatch(peer.feed('EHLO c.test\r\n'), /STARTTLS/i);
  const injected = 'RSET\r\nMAIL FROM:<evil@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nSubject: injected\r\n\r\nx\r\n.\r\n';
  // In the middle of a transaction: it stays what it was.
  assert.equal(codes(peer.feed('MAIL FROM:<a@b.test>\r\nSTARTTLS\r\nRCPT TO:<c@d.test>\r\n')), '250 502 250');
  assert.equal(codes(peer.feed(`STARTTLS\r\n${injected}`)), '502 250 250 250 354 250');
  // What was sent in clear was taken as sent in clear: one message, whose sender is the one of its own transaction.
  assert.deepEqual(
    peer.kept.map(({ sender, wire }) => [sender, wire]),
    [['evil@b.test', 'Subject: injected\r\n\r\nx\r\n']],
  );
  assert.equal(codes(peer.feed('STARTTLS x\r\nSTARTTLS\r\nQUIT\r\n')), '502 502 221');
});

const tls = '250-fake\r\n250-STARTTLS\r\n250 8BITMIME\r\n';

async function deliverTo(steps: readonly Step[]): Promise<{ readonly status: string; readonly sent: string }> {
  let result = { status: '', sent: '' };
  await withServer([steps], async (port, server) => {
    const session = remoteSession(port);
    const { outcomes } = await session.deliver(delivery(), hello);
    session.close();
    result = { status: outcomes.map(({ status }) => status).join(''), sent: server.received.join('|') };
  });
  return result;
}

const line: Step = { line: true };
const says = (send: string): Step => ({ send });
const whole = (ehlo: string): Step[] => [
  ...[says('220 fake ESMTP\r\n'), line, says(ehlo), line, says('250 ok\r\n'), line, says('250 ok\r\n'), line],
  ...[says('354 go\r\n'), { data: true } as const, says('250 accepted\r\n'), line, { close: true } as const],
];

test('the client never asks for STARTTLS, and delivers as to any other server', async () => {
  const { status, sent } = await deliverTo(whole(tls));
  assert.equal(status, 'K');
  assert.doesNotMatch(sent, /STARTTLS/i);
});

test('a server that takes STARTTLS without having it is seen', async (t) => {
  const messages: string[] = [];
  const port = await startLenientServer(backwards(t), (_sender, text) => messages.push(text));
  const said = await converse(port, ['EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nSTARTTLS\r\nQUIT\r\n'], 'whole');
  assert.notEqual(codes(said), '220 250 250 502 221');
});
