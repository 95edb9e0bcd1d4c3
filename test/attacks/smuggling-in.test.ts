/**
 * Smuggling into the server: 24 false ends of data, each followed by a forged message, 8 more cut into two writes, and 7
 * legal texts that must come through. Against a real listener, judged by what reaches the queue; and against a
 * broken server, which must fail.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { converse } from '../e2e/torture/converse.js';
import type { Piece } from '../e2e/torture/row.js';
import { backwards } from '../support/server-home.js';
import { openHouse } from '../support/smtpd-house.js';
import { startLenientServer } from './lenient-server.js';

const marks: readonly string[] = [
  ...[
    '\n.\n',
    '\n.\r\n',
    '\r\n.\n',
    '\r.\r',
    '\r.\r\n',
    '\r\n.\r',
    '\r.\n',
    '\n.\r',
    '\r\r\n.\r\r\n',
    '\n\r.\n\r',
    '\r\n\0.\r\n',
  ],
  ...['\r\n.\0\r\n', '\r\0\n.\r\0\n', '\n\n.\n\n', '\r\r.\r\r', '\r\n.\r\r\n', ' \r.\r\n', '\r\n..\n', '\n..\r\n', '\x85.\x85'],
  ...['\v.\v', '\f.\f', '\r\n. \r\n', '\r\n.\t\r\n'],
];
/** The same, with a pause where the bar stands. */
const split: readonly string[] = ['\n|.\n', '\n.|\n', '\r|\n.\n', '\r\n|.\n', '\r\n.|\n', '\r|.\r', '\r.|\r', '\n.|\r\n'];
const legal: readonly string[] = [
  '..\r\n',
  '...\r\n',
  '.x\r\n',
  'a.\r\n',
  '\r\n\r\n',
  'x\r\n..\r\n',
  '..\r\nMAIL FROM:<x@y.test>\r\n',
];

const envelope = 'EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n';
const forged = 'MAIL FROM:<forged@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nSubject: forged\r\n\r\nf\r\n.\r\nQUIT\r\n';

interface Kept {
  readonly sender: string;
  readonly text: string;
}

type Verdict = 'SPLIT' | 'ALTERED' | 'TEXT' | 'REFUSED';

/** What became of each attack: more than one message, one with a bare line end or a NUL made of something else, one, none. */
async function attack(port: number, kept: Kept[], mark: string): Promise<Verdict> {
  kept.splice(0);
  const [before = '', after] = mark.split('|');
  const pieces: Piece[] = [`${envelope}Subject: s\r\n\r\nx${before}`];
  if (after !== undefined) pieces.push({ pauseMs: 20 }, after);
  await converse(port, [...pieces, forged], 'whole');
  if (kept.length > 1 || kept.some(({ sender }) => sender !== 'a@b.test')) return 'SPLIT';
  const [one] = kept;
  if (one === undefined) return 'REFUSED';
  return /(^|[^\r])\n|\r(?!\n)/.test(one.text) ? 'ALTERED' : 'TEXT';
}

async function verdicts(port: number, kept: Kept[]): Promise<Map<string, Verdict>> {
  const found = new Map<string, Verdict>();
  for (const mark of [...marks, ...split]) found.set(mark, await attack(port, kept, mark));
  return found;
}

for (const barecr of ['reject', 'space'] as const) {
  test(`barecr ${barecr}: no false end of data splits a message, legal texts pass`, async (t) => {
    const kept: Kept[] = [];
    const house = await openHouse(t, {
      settings: { rcpthosts: ['d.test'], barecr },
      submit: async ({ envelope: { sender }, bytes, file }) => {
        const body = bytes ?? readFileSync(join(house.home, 'queue', file ?? ''));
        kept.push({ sender, text: Buffer.from(body).toString('latin1') });
        return { tag: 'accepted', id: 1 };
      },
    });
    const found = await verdicts(house.port, kept);
    assert.equal(found.size, 32);
    assert.deepEqual(
      [...found].filter(([, verdict]) => verdict === 'SPLIT' || verdict === 'ALTERED'),
      [],
    );
    for (const text of legal) {
      kept.splice(0);
      await converse(house.port, [`${envelope}${text}.\r\nQUIT\r\n`], 'whole');
      assert.equal(kept.length, 1, JSON.stringify(text));
      assert.ok(kept[0]?.text.endsWith(text), JSON.stringify(kept));
    }
  });
}

test('a server that takes false ends for true ones is caught', async (t) => {
  const kept: Kept[] = [];
  const port = await startLenientServer(backwards(t), (sender, text) => kept.push({ sender, text }));
  const found = await verdicts(port, kept);
  const caught = [...found.values()].filter((verdict) => verdict === 'SPLIT').length;
  assert.ok(caught >= 16, `${caught} of ${found.size}`);
});
