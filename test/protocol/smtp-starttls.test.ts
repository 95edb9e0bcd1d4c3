/** STARTTLS in both sessions (RFC 3207): what was said in the clear is forgotten, and nothing said in the clear counts under TLS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromByteString, toByteString } from '../../src/protocol/bytes.js';
import { SmtpClientSession } from '../../src/protocol/smtp/client.js';
import type { SmtpClientEvent } from '../../src/protocol/smtp/session.js';
import { SmtpPeer } from './smtp-peer.js';

test('the server announces it only when told to, and ends the session with it', () => {
  assert.match(new SmtpPeer().feed('EHLO me\r\nSTARTTLS\r\n'), /8BITMIME\r\n502 unimplemented/);
  const peer = new SmtpPeer({ starttls: true });
  assert.match(peer.feed('EHLO me\r\n'), /^250-mx.example\r\n[\s\S]*250 STARTTLS\r\n$/);
  assert.match(peer.feed('STARTTLS now\r\n'), /^501 /);
  assert.equal(peer.feed('STARTTLS\r\n'), '220 go ahead with TLS\r\n');
  assert.deepEqual(peer.tags, ['helo', 'starttls']);
});

for (const sizes of [[1_000], [1], [30, 7, 3]]) {
  test(`commands behind STARTTLS are never obeyed, in pieces of ${sizes.join(', ')}`, () => {
    const peer = new SmtpPeer({ starttls: true });
    const replies = peer.feed('EHLO me\r\nMAIL FROM:<a@b>\r\nSTARTTLS\r\nRCPT TO:<evil@b>\r\nDATA\r\nx\r\n.\r\n', sizes);
    assert.match(replies, /250 ok\r\n220 go ahead with TLS\r\n$/);
    assert.deepEqual(peer.tags, ['helo', 'mail', 'starttls']);
    assert.deepEqual(peer.kept, []);
  });
}

class Client {
  readonly session: SmtpClientSession;
  readonly events: SmtpClientEvent[] = [];
  constructor(starttls: boolean) {
    this.session = new SmtpClientSession({ helohost: 'me', peer: '192.0.2.1', greet: 'ehlo', starttls });
  }
  feed(replies: string): string {
    this.session.receive(fromByteString(replies));
    return this.sent();
  }
  sent(): string {
    for (let event = this.session.next(); event !== undefined; event = this.session.next()) this.events.push(event);
    return this.session
      .output()
      .map((piece) => (typeof piece === 'string' ? piece : toByteString(piece)))
      .join('');
  }
  get tags(): string {
    return this.events.map(({ tag }) => tag).join(' ');
  }
}

const offer = '250-mx\r\n250-PIPELINING\r\n250 STARTTLS\r\n';

test('the client uses what is offered, greets again, and believes only what it hears then', () => {
  const client = new Client(true);
  client.feed('220 hi\r\n');
  assert.equal(client.feed(offer), 'STARTTLS\r\n');
  assert.equal(client.feed('220 go\r\n'), '');
  assert.equal(client.tags, 'starttls');
  client.session.secured();
  assert.equal(client.sent(), 'EHLO me\r\n');
  assert.equal(client.feed('250-mx\r\n250 STARTTLS\r\n'), '');
  const ready = client.events.at(-1);
  assert.ok(ready?.tag === 'ready' && !ready.extensions.has('PIPELINING'));
});

test('the client goes on without it when it is not wanted, not offered or refused', () => {
  const unwilling = new Client(false);
  unwilling.feed('220 hi\r\n');
  assert.equal(unwilling.feed(offer), '');
  assert.equal(unwilling.tags, 'ready');
  const unoffered = new Client(true);
  unoffered.feed('220 hi\r\n');
  assert.equal(unoffered.feed('250 mx\r\n'), '');
  assert.equal(unoffered.tags, 'ready');
  const refused = new Client(true);
  refused.feed('220 hi\r\n');
  refused.feed(offer);
  assert.equal(refused.feed('454 no TLS now\r\n'), '');
  assert.equal(refused.tags, 'ready');
});

for (const [when, ...replies] of [
  ['in the same piece', '220 go\r\n250 injected\r\n'],
  ['in the next one', '220 go\r\n', '250 injected\r\n'],
] as const) {
  test(`a reply that stands in the clear behind the server's 220 ends the connection, ${when}`, () => {
    const client = new Client(true);
    client.feed('220 hi\r\n');
    client.feed(offer);
    for (const reply of replies) assert.equal(client.feed(reply), '');
    assert.equal(client.events.at(-1)?.tag, 'closed');
  });
}
