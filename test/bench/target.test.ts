/**
 * A server that is there already as the bench's target: arrivals of its mail at a sink that makes trouble are counted exactly, and
 * a target that hangs ends the run in time, with a word.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { tqmailLoad } from '../../bench/load/tqmail.js';
import { parseBenchOptions } from '../../bench/options.js';
import type { Peer } from '../../bench/peers/peer.js';
import { targetPeer } from '../../bench/peers/target.js';
import { freePort } from '../../bench/process/port.js';
import { withoutFigures } from '../../bench/result.js';
import { runScenario } from '../../bench/scenarios/scenario.js';
import { ScriptedSmtpServer } from '../support/scripted-smtp-server.js';
import { backwards, banner, makeMailHome, openFolder } from '../support/server-home.js';
import { launcher, ServerProcess } from '../support/server-process.js';

const progress = (): void => undefined;

test('mail that the next hop takes without an answer comes again, and each copy is counted', async (t) => {
  const ending = backwards(t);
  const folder = openFolder(ending);
  const sinkPort = await freePort();
  const home = await makeMailHome(folder, sinkPort);
  new ServerProcess(ending, home);
  await banner(home.port);
  const place = `127.0.0.1:${home.port}`;
  const options = {
    ...parseBenchOptions([
      'relay',
      '--target',
      place,
      '--sink-port',
      `${sinkPort}`,
      '--n',
      '12',
      '--warmup',
      '0',
      '--size',
      '300',
      '--timeout',
      '60',
    ]),
    // Of 12 messages 4 come again, of those one, and that one is the seventeenth.
    rules: 'end/3 * take-drop\n',
  };
  const target = targetPeer(place);
  assert.equal(target.missing(options), '');
  const retry = async (): Promise<void> => {
    await promisify(execFile)(launcher, ['doqueue', '--home', home.path]);
  };
  const peer: Peer = { ...target, start: async (workload) => ({ ...(await target.start(workload)), retry }) };
  const row = await runScenario({ options, peer, load: tqmailLoad, dir: folder, progress });
  const { ok, error, arrived, lost, duplicate, altered, provoked } = row;
  assert.deepEqual(
    { ok, error, arrived, lost, duplicate, altered, provoked },
    { ok: true, error: undefined, arrived: 17, lost: 0, duplicate: 5, altered: 0, provoked: 5 },
  );
  assert.deepEqual(withoutFigures(row), { ok: true, arrived: 17, lost: 0, duplicate: 5, altered: 0, provoked: 5 });
});

test('a target that greets and then hangs ends the run at its time', async (t) => {
  const ending = backwards(t);
  const folder = openFolder(ending);
  const greeting = { send: '220 target.example ESMTP\r\n' };
  const server = new ScriptedSmtpServer([greeting, { line: true }, { send: '221 bye\r\n' }], [greeting, { sleep: 3_600 }]);
  const place = `127.0.0.1:${await server.start()}`;
  ending.after(() => server.stop());
  const options = parseBenchOptions(['accept', '--target', place, '--n', '5', '--sessions', '2', '--timeout', '1']);
  const running = runScenario({ options, peer: targetPeer(place), load: tqmailLoad, dir: folder, progress });
  await assert.rejects(running, /the source did not finish in time/);
});
