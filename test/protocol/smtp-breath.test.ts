/** A client that sends many commands ahead is interrupted now and then, and gets the same answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmtpServerSession } from '../../src/protocol/smtp/server.js';
import type { SmtpServerOptions } from '../../src/protocol/smtp/session.js';

const options: SmtpServerOptions = {
  greeting: 'mx.test',
  databytes: 0,
  maxRecipients: 1_000,
  maxCommandLine: 4_096,
  maxErrors: 1_000,
  maxHops: 100,
  barecr: 'reject',
  maxHeader: 0,
};

/** Tags of the events, and everything the server said. */
function play(breath: boolean, text: string): { readonly breaths: number; readonly said: string; readonly tags: string } {
  const session = new SmtpServerSession({ ...options, breath });
  session.receive(Buffer.from(text, 'latin1'));
  let breaths = 0;
  let tags = '';
  for (let event = session.next(); event !== undefined; event = session.next()) {
    if (event.tag === 'breath') {
      breaths += 1;
      session.retain();
      continue;
    }
    tags += `${event.tag} `;
    if (['mail', 'rcpt', 'data', 'end'].includes(event.tag)) session.decide({ accept: true });
  }
  return { breaths, said: session.output(), tags };
}

const recipients = 'RCPT TO:<a@b.test>\r\n'.repeat(200);
const sessions = {
  'commands without an event': 'NOOP\r\n'.repeat(300),
  'recipients and a message': `EHLO x\r\nMAIL FROM:<>\r\n${recipients}DATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n`,
  'unknown commands': `${'XYZZY\r\n'.repeat(200)}QUIT\r\n`,
};

for (const [what, text] of Object.entries(sessions)) {
  test(`breath: ${what}`, () => {
    const plain = play(false, text);
    const breathing = play(true, text);
    assert.equal(plain.breaths, 0);
    assert.equal(breathing.breaths, Math.floor(text.split('\r\n').length / 64));
    assert.deepEqual({ ...breathing, breaths: 0 }, plain);
  });
}

test('breath: none where nothing is left to read', () => {
  assert.equal(play(true, 'NOOP\r\n'.repeat(64)).breaths, 0);
});
