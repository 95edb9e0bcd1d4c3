/**
 * One read buffer for all connections: what a session keeps while a decision is open must survive that the buffer is
 * used for another client.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromByteString } from '../../src/protocol/bytes.js';
import { ReplyReader } from '../../src/protocol/smtp/reply-reader.js';
import { SmtpServerSession } from '../../src/protocol/smtp/server.js';
import type { SmtpServerEvent } from '../../src/protocol/smtp/session.js';

const text = 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhello\r\n.\r\nNOOP\r\nMAIL FROM:<e@f>\r\nQUIT\r\n';

/** Every event and reply when the client's octets come through a buffer that is overwritten after each piece of `size`. */
function through(size: number, buffer: Uint8Array): { readonly events: string[]; readonly said: string } {
  const session = new SmtpServerSession({
    greeting: 'mx.example',
    databytes: 0,
    maxRecipients: 10,
    maxCommandLine: 1_024,
    maxErrors: 50,
    maxHops: 100,
    barecr: 'reject',
    maxHeader: 10_000,
  });
  const events: string[] = [];
  let said = '';
  let open: SmtpServerEvent | undefined;
  const run = (): void => {
    for (let event = session.next(); event !== undefined; event = session.next()) {
      events.push(event.tag === 'body' ? `body ${Buffer.from(event.bytes).toString('latin1')}` : event.tag);
      // The caller holds each question while the next piece arrives.
      if (event.tag === 'mail' || event.tag === 'rcpt' || event.tag === 'data' || event.tag === 'end') open = event;
    }
    said += session.output();
  };
  const decide = (): void => {
    while (open !== undefined) {
      open = undefined;
      session.decide({ accept: true });
      run();
    }
  };
  for (let at = 0; at < text.length; at += size) {
    const piece = Buffer.from(text.slice(at, at + size), 'latin1');
    buffer.set(piece);
    session.receive(buffer.subarray(0, piece.length));
    if (open === undefined) run();
    session.retain();
    buffer.fill(0x58);
    if (at % 3 === 0) decide();
  }
  decide();
  return { events: joined(events), said };
}

/** Pieces of one body together, however they were cut. */
function joined(events: readonly string[]): string[] {
  const all: string[] = [];
  for (const event of events) {
    if (event.startsWith('body ') && all.at(-1)?.startsWith('body ') === true) all.push(`${all.pop()}${event.slice(5)}`);
    else all.push(event);
  }
  return all;
}

for (const [name, make] of [
  ['a Buffer', (octets: number): Uint8Array => Buffer.alloc(octets)],
  ['a plain array', (octets: number): Uint8Array => new Uint8Array(octets)],
] as const) {
  test(`what is kept does not change when ${name} that it came in is used again`, () => {
    for (let size = 1; size <= text.length; size += 1) {
      const { events, said } = through(size, make(text.length));
      assert.deepEqual(events, ['mail', 'rcpt', 'data', 'body hello\r\n', 'end', 'mail', 'quit'], `pieces of ${size}`);
      assert.match(said, /^220 .*\r\n(250 ok\r\n){2}354 go ahead\r\n(250 ok\r\n){3}221 mx\.example\r\n$/, `pieces of ${size}`);
    }
  });
}

test('replies that wait in a client survive too, each once, wherever the octets are cut', () => {
  const replies = '220 hi\r\n250-mx\r\n250 SIZE\r\n250 ok\r\n354 go\r\n250 taken\r\n';
  for (let size = 1; size <= replies.length; size += 1) {
    const reader = new ReplyReader();
    const buffer = new Uint8Array(size);
    const codes: number[] = [];
    for (let at = 0; at < replies.length; at += size) {
      const piece = fromByteString(replies.slice(at, at + size));
      buffer.set(piece);
      reader.receive(buffer.subarray(0, piece.length));
      // One is taken, the others wait while the buffer is used for another server.
      const reply = reader.next();
      if (typeof reply === 'object') codes.push(reply.code);
      reader.retain();
      buffer.fill(0x58);
    }
    for (let reply = reader.next(); typeof reply === 'object'; reply = reader.next()) codes.push(reply.code);
    assert.deepEqual(codes, [220, 250, 250, 354, 250], `pieces of ${size}`);
    assert.equal(reader.ahead, false);
  }
});
