/** Signs of life for systemd: one at a time, also where nobody takes them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServiceNotice } from '../../src/cli/start/service-notice.js';
import { backwards, openFolder, until } from '../support/server-home.js';

test('a systemd that does not listen gathers no processes', async (t) => {
  const folder = openFolder(backwards(t));
  const said = join(folder, 'said');
  const held = join(folder, 'held');
  writeFileSync(said, '');
  execFileSync('mkfifo', [held]);
  // A sign of life ends when somebody opens the pipe.
  writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$1" >> ${said}\ntest "$1" = READY=1 || read x < ${held}\n`);
  chmodSync(join(folder, 'systemd-notify'), 0o755);
  const { PATH } = process.env;
  process.env.PATH = `${folder}:${PATH}`;
  t.mock.timers.enable({ apis: ['setInterval'] });
  const notice = new ServiceNotice({ NOTIFY_SOCKET: '/run/none', WATCHDOG_USEC: '3000000' }, () => undefined);
  notice.ready();
  const lives = (): number => readFileSync(said, 'utf8').match(/WATCHDOG=1/g)?.length ?? 0;
  for (let beats = 0; beats < 20; beats++) t.mock.timers.tick(1_000);
  await until('the first sign of life', 10_000, () => lives() > 0);
  closeSync(openSync(held, 'w'));
  await until('the next one', 10_000, () => {
    t.mock.timers.tick(1_000);
    return lives() > 1;
  });
  assert.equal(lives(), 2);
  closeSync(openSync(held, 'w'));
  process.env.PATH = PATH;
});
