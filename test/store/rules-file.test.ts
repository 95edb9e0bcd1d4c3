/** Rules files that listeners name: checked with the settings, told with file and line. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSettings } from '../../src/store/control-dir.js';
import { RulesFile } from '../../src/store/rules-file.js';

test('a bad rules file is a problem of the settings, with file and line', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'tqmail-rules-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'control'));
  writeFileSync(join(home, 'control/me'), 'mx.test.example\n');
  const listeners = (text: string): void => writeFileSync(join(home, 'control/listeners'), text);
  const told = async (): Promise<readonly string[]> => {
    const read = await readSettings(home);
    return 'problems' in read ? read.problems.map(({ file, line, text }) => `${file}:${line}: ${text.slice(0, 39)}`) : [];
  };
  listeners('smtp 127.0.0.1:0 rules=control/tcp.smtp\nsmtp 127.0.0.2:0 rules=control/tcp.smtp\n');
  assert.deepEqual(await told(), ['control/tcp.smtp:0: it does not exist; create it, or remove']);
  writeFileSync(join(home, 'control/tcp.smtp'), ':allow\nx\n');
  assert.deepEqual(await told(), ['control/tcp.smtp:2: "x" is not address:allow or address:den']);
  writeFileSync(join(home, 'control/tcp.smtp'), ':allow\n');
  assert.deepEqual(await told(), []);
  writeFileSync(join(home, 'rules.cdb'), 'short');
  listeners(`smtp 127.0.0.1:0 rules=${home}/rules.cdb\n`);
  assert.deepEqual(await told(), [`${home}/rules.cdb:0: it is no cdb file; make it anew with tc`]);
  listeners('smtp 127.0.0.1:0 rules=control\n');
  assert.match((await told())[0] ?? '', /^control:0: it cannot be read \(EINVAL\)/);
});

test('a change counts after a second, not before', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'tqmail-rules-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  let now = 0;
  const allows = (): boolean | undefined => {
    const rule = rules.find({ ip: '1.2.3.4' });
    return typeof rule === 'object' ? rule.allow : undefined;
  };
  writeFileSync(join(home, 'r'), ':allow\n');
  const rules = new RulesFile(home, 'r', () => now);
  assert.equal(allows(), true);
  writeFileSync(join(home, 'r'), ':deny\n# longer\n');
  now = 999;
  assert.equal(allows(), true);
  now = 1_000;
  assert.equal(allows(), false);
  writeFileSync(join(home, 'r'), 'nonsense\n');
  now = 2_000;
  assert.equal(allows(), false);
  assert.match(rules.trouble, /^r:1: "nonsense"/);
});
