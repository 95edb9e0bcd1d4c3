/**
 * The client side against servers that answer oddly, late, too much or not at all, and against replies cut at every octet.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../../../src/protocol/mail.js';
import { delivery, hello, remoteSession } from '../../support/remote-sessions.js';
import { type Step, withServer } from '../../support/scripted-smtp-server.js';
import { dialogue, serverRows, usual } from './server-rows.js';

async function deliverTo(steps: readonly Step[]): Promise<{ readonly outcomes: readonly Outcome[]; readonly sent: string }> {
  let result: { outcomes: readonly Outcome[]; sent: string } | undefined;
  await withServer([steps], async (port, server) => {
    const session = remoteSession(port);
    const { outcomes } = await session.deliver(delivery(), hello);
    session.close();
    result = { outcomes, sent: server.received.join('|') };
  });
  if (result === undefined) throw new Error('no report');
  return result;
}

test(`${serverRows.length} servers that answer oddly`, async (t) => {
  // Those that keep silent take a time limit each; they do so together.
  const played = await Promise.all(serverRows.map(({ steps }) => deliverTo(steps)));
  for (const [at, { what, status, text }] of serverRows.entries()) {
    await t.test(what, () => {
      const [outcome, ...more] = played[at]?.outcomes ?? [];
      assert.equal(more.length, 0);
      assert.equal(outcome?.status, status, JSON.stringify(outcome));
      assert.match(outcome?.text ?? '', text);
      assert.ok((outcome?.text.length ?? 0) <= 5_200, 'the report is bounded');
    });
  }
});

/** Every reply of the dialogue in two pieces, the one that holds octet `at` of all replies cut there. */
function cutAt(at: number): Step[] {
  let before = 0;
  return dialogue().flatMap((step): Step[] => {
    if (!('send' in step)) return [step];
    const cut = at - before;
    before += step.send.length;
    if (cut <= 0 || cut >= step.send.length) return [step];
    return [{ send: step.send.slice(0, cut) }, { sleep: 0.002 }, { send: step.send.slice(cut) }];
  });
}

/** The script up to octet `at` of all replies, then the end. */
function endAt(at: number): Step[] {
  let before = 0;
  const steps: Step[] = [];
  for (const step of dialogue()) {
    if (!('send' in step)) {
      steps.push(step);
      continue;
    }
    if (at <= before + step.send.length) return [...steps, { send: step.send.slice(0, at - before) }, { close: true }];
    steps.push(step);
    before += step.send.length;
  }
  return steps;
}

const octets = Object.values(usual).join('').length;

test('replies cut at every octet are understood', async () => {
  const played = await Promise.all(Array.from({ length: octets }, (_, at) => deliverTo(cutAt(at))));
  const wanted =
    'EHLO mail.example.org\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<joe@one.test>\r\nDATA\r\nSubject: s\r\n\r\nhello\r\n.\r\n';
  for (const [at, { outcomes, sent }] of played.entries()) {
    assert.equal(outcomes[0]?.status, 'K', `cut at ${at}: ${JSON.stringify(outcomes)}`);
    assert.ok(sent.startsWith(wanted), `cut at ${at}`);
  }
});

test('a server that ends after any octet defers, and tells of a possible duplicate after the dot', async () => {
  const played = await Promise.all(Array.from({ length: octets }, (_, at) => deliverTo(endAt(at))));
  const upToDot = octets - usual.end.length;
  for (const [at, { outcomes }] of played.entries()) {
    const [{ status, text } = { status: 'none', text: '' }] = outcomes;
    assert.equal(status, 'Z', `end after ${at}: ${text}`);
    assert.match(text, /connection died/);
    // The answer to DATA but for its LF is no answer yet.
    if (at > upToDot) assert.match(text, /Possible duplicate/, `end after ${at}`);
    if (at < upToDot) assert.doesNotMatch(text, /Possible duplicate/, `end after ${at}`);
  }
});
