/**
 * The ledger across a restart of the server between source and sink: whatever was accepted arrives, and both sides' files,
 * the sink's own verdict and its counts tell the same story, message by message.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { readLedger, verify } from '../../bench/verify.js';
import { type Sink, startSink } from '../../src/actors/sink/sink.js';
import type { SourceReport } from '../../src/actors/source/options.js';
import { runLoad } from '../../src/actors/source/source.js';
import { backwards, banner, makeMailHome, openFolder, soon } from '../support/server-home.js';
import { launcher, ServerProcess } from '../support/server-process.js';
import { drained } from '../support/server-status.js';

const messages = 450;
const sessions = 6;
/** The run takes three half seconds, so the restart falls into it. */
const rate = 300;
const beforeRestart = 90;

interface Story {
  readonly report: SourceReport;
  readonly sink: Sink;
  readonly files: ReturnType<typeof verify>;
  /** Messages that arrived at least once. */
  readonly distinct: number;
}

/** Sends marked mail through a server to a sink and restarts the server while it does. */
async function across(t: TestContext, restart: (server: ServerProcess) => Promise<void>): Promise<Story> {
  const ending = backwards(t);
  const folder = openFolder(ending);
  const [sent, arrived] = [join(folder, 'sent.ledger'), join(folder, 'arrived.ledger')];
  const sink = await startSink({ ledger: arrived, keep: 0 });
  ending.after(() => sink.close());
  const server = new ServerProcess(ending, await makeMailHome(folder, sink.port()));
  await banner(server.home.port);
  const target = { address: '127.0.0.1', port: server.home.port, tls: false, helohost: 'source.test', timeout: 60_000 };
  const load = { messages, sessions, rate, size: 1_000, recipients: 1, perSession: 0, ledger: sent };
  const run = runLoad({ ...load, target, sender: 'sender@source.test', pattern: 'r#@dest.test' });
  while (sink.report().messages < beforeRestart) await soon();
  await restart(server);
  const report = await run;
  await drained(server);
  await sink.close();
  const records = readLedger(arrived);
  const distinct = new Set(records.map(({ sequence }) => sequence)).size;
  return { report, sink, files: verify(readLedger(sent), records), distinct };
}

function agree({ report, sink, files, distinct }: Story): void {
  assert.equal(files.lost, 0);
  assert.equal(files.altered, 0);
  assert.equal(report.accepted + report.refused, messages);
  assert.ok(report.accepted > messages / 2, `${report.refused} refused: ${report.firstTrouble}`);
  assert.equal(distinct, report.accepted + files.unasked);
  const { messages: taken, verdict } = sink.report();
  assert.equal(taken, distinct + files.duplicate);
  assert.deepEqual(verdict, { lost: messages - distinct, duplicate: files.duplicate, altered: 0, late: 0, unchecked: 0 });
}

test('a server that is restarted in good order loses and doubles nothing', async (t) => {
  const story = await across(t, async (server) => {
    await promisify(execFile)(launcher, ['restart', '--home', server.home.path]);
  });
  agree(story);
  assert.equal(story.files.duplicate, 0);
  assert.equal(story.files.unasked, 0);
});

test('a server that is killed loses nothing, and what it doubles is counted', async (t) => {
  const story = await across(t, async (server) => {
    const node = server.pid('node');
    assert.ok(node !== undefined);
    process.kill(node, 'SIGKILL');
    await server.seen(/node ended/);
  });
  agree(story);
});
