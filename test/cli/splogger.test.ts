/** splogger with lines of any length and end, and without a syslog; a program of the test stands for logger(1). */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run, scratch } from './command.js';

test('splogger: a line of many pieces has one stamp and one priority; a last line without end is sent', async (t) => {
  const folder = scratch(t);
  const kept = join(folder, 'kept');
  writeFileSync(join(folder, 'logger'), `#!/bin/sh\nexec cat > '${kept}'\n`, { mode: 0o755 });
  const long = 'y'.repeat(200_000);
  const { code, stderr } = await run(t, 'splogger', [], {
    stdin: Buffer.from(`alert: ${long}\nnew msg 1\nwarning: cut`, 'latin1'),
    env: { PATH: `${folder}:${process.env.PATH}` },
  }).finished;
  assert.equal(code, 0, stderr);
  const entries = readFileSync(kept, 'latin1').split('\n').slice(0, -1);
  const parts = entries.map((entry) => /^<(\d+)>(\d+\.\d{6})([ +])(.*)$/.exec(entry)?.slice(1) ?? []);
  const alerts = parts.slice(0, -2);
  assert.equal(alerts.map(([, , , text]) => text).join(''), `alert: ${long}`);
  assert.deepEqual(
    new Set(alerts.slice(1).map(([priority, stamp, mark]) => `${priority} ${stamp} ${mark}`)),
    new Set([`17 ${alerts[0]?.[1]} +`]),
  );
  assert.ok(alerts.slice(0, -1).every(([, , , text]) => text?.length === 799));
  assert.deepEqual(
    parts.slice(-2).map(([priority, , mark, text]) => [priority, mark, text]),
    [
      ['22', ' ', 'new msg 1'],
      ['20', ' ', 'warning: cut'],
    ],
  );
});

test('splogger: a logger that fails is told with 111', async (t) => {
  const folder = scratch(t);
  writeFileSync(join(folder, 'logger'), '#!/bin/sh\ncat > /dev/null\nexit 1\n', { mode: 0o755 });
  const { code, stderr } = await run(t, 'splogger', [], {
    stdin: Buffer.from('new msg 1\n'),
    env: { PATH: `${folder}:${process.env.PATH}` },
  }).finished;
  assert.equal(code, 111);
  assert.match(stderr, /log lines may be lost/);
});
