/**
 * Every scenario that takes mail is judged by where it arrives: a server that loses or doubles one message has no figure,
 * whether it forwards at once or holds mail and is told to let it go.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tqmailLoad } from '../../bench/load/tqmail.js';
import { parseBenchOptions } from '../../bench/options.js';
import type { Peer, RunningPeer, Workload } from '../../bench/peers/peer.js';
import { tqmail } from '../../bench/peers/tqmail.js';
import { type RunRow, withoutFigures } from '../../bench/result.js';
import { runScenario } from '../../bench/scenarios/scenario.js';
import { startKeepingSink, type TakenMessage } from '../support/keeping-sink.js';
import { backwards, type Ending, openFolder } from '../support/server-home.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';

/** How often each message is handed on, by its number. */
type Copies = (number: number) => number;

/** A server without a disk that hands on one message after another, at once or when it is told to. */
function serverThat(ending: Ending, copies: Copies): Peer {
  return {
    name: 'forgetful',
    durable: false,
    missing: () => '',
    version: () => '',
    transactions: () => 1,
    start: (workload) => startForgetful(ending, copies, workload),
  };
}

async function startForgetful(ending: Ending, copies: Copies, { kind, sinkPort }: Workload): Promise<RunningPeer> {
  const held: TakenMessage[] = [];
  let number = 0;
  let free = kind !== 'hold';
  let handing = Promise.resolve();
  const handOn = (): void => {
    handing = handing.then(async () => {
      for (let message = held.shift(); message !== undefined; message = held.shift()) await forward(sinkPort, message);
    });
  };
  const taken = (message: TakenMessage): { accept: true } => {
    for (let left = copies(number++); left > 0; left--) held.push(message);
    if (free) handOn();
    return { accept: true };
  };
  const { port } = await startKeepingSink(ending, { taken });
  return {
    port,
    roots: [],
    hold: async () => {
      free = false;
    },
    release: async () => {
      free = true;
      handOn();
    },
    stop: () => handing,
  };
}

async function forward(port: number, { sender, recipients, bytes }: TakenMessage): Promise<void> {
  const hop = await (await SmtpDialogue.open(port)).greet();
  await hop.say(`MAIL FROM:<${sender}>`);
  for (const recipient of recipients) await hop.say(`RCPT TO:<${recipient}>`);
  await hop.say('DATA');
  hop.socket.write(bytes.toString('latin1').replace(/^\./gm, '..'), 'latin1');
  await hop.say('.');
  hop.socket.destroy();
}

function run(ending: Ending, peer: Peer, words: readonly string[]): Promise<RunRow> {
  const options = parseBenchOptions([...words, '--size', '300', '--sessions', '2', '--warmup', '5']);
  return runScenario({ options, peer, load: tqmailLoad, dir: openFolder(ending), progress: () => undefined });
}

test('a message that is lost or comes twice is found, and the run has no figure', { concurrency: true }, async (t) => {
  const cases: readonly (readonly [string, Copies, object])[] = [
    // One is lost and one comes twice: the count alone is right.
    ['relay', (number) => (number === 15 ? 0 : number === 16 ? 2 : 1), { lost: 1, duplicate: 1 }],
    ['drain', (number) => (number === 15 ? 2 : 1), { lost: 0, duplicate: 1 }],
    // Of the new mail, the last one.
    ['storm', (number) => (number === 25 ? 2 : 1), { lost: 0, duplicate: 1 }],
    // Of the warm-up: it has no rate, but it is mail.
    ['accept', (number) => (number === 2 ? 0 : 1), { lost: 1, duplicate: 0 }],
  ];
  await Promise.all(
    cases.map(([scenario, copies, expected], index) =>
      t.test(`${scenario}, ${index}`, async (sub) => {
        const ending = backwards(sub);
        const row = await run(ending, serverThat(ending, copies), [scenario, '--n', '20', '--timeout', '8']);
        const { lost, duplicate } = row;
        assert.deepEqual({ lost, duplicate }, expected);
        assert.equal(row.ok, false);
        assert.equal(withoutFigures(row).perSecond, undefined);
        assert.match(row.error ?? '', /lost|duplicate/);
      }),
    ),
  );
});

test('a full queue is let go in the end, and a sink that is measured is asked what it took', { concurrency: true }, async (t) => {
  const cases = [
    ['backlog', '--n', '20'],
    ['sink', '--n', '20'],
  ];
  await Promise.all(
    cases.map((words) =>
      t.test(words.join(' '), async (sub) => {
        const warm = words[0] === 'backlog' ? ['--timeout', '60'] : ['--timeout', '60', '--warmup', '5'];
        const options = parseBenchOptions([...words, ...warm, '--sessions', '2']);
        const row = await runScenario({
          options,
          peer: tqmail,
          load: tqmailLoad,
          dir: openFolder(backwards(sub)),
          progress: () => undefined,
        });
        assert.deepEqual([row.ok, row.error, row.lost, row.duplicate, row.altered], [true, undefined, 0, 0, 0]);
        if (words[0] === 'backlog') assert.ok((row.drainPerSecond ?? 0) > 0);
      }),
    ),
  );
});
