/** Builds a qmail home out of the control files of a case: nothing but what the case names, and the launchers. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cdbWrite } from '../../../src/protocol/cdb.js';
import { root } from '../../runner/tree.js';

export function buildHome(home: string, controls: Readonly<Record<string, string>>, morercpthosts: string | undefined): void {
  for (const name of ['', 'control', 'users', 'alias', 'queue', 'run']) {
    mkdirSync(join(home, name));
    chmodSync(join(home, name), 0o755);
  }
  symlinkSync(join(root, 'bin'), join(home, 'bin'));
  for (const [name, text] of Object.entries(controls)) {
    writeFileSync(join(home, 'control', name), text, 'latin1');
    chmodSync(join(home, 'control', name), 0o644);
  }
  if (morercpthosts !== undefined) writeFileSync(join(home, 'control/morercpthosts.cdb'), hostTable(morercpthosts));
}

/** As qmail-newmrh makes it: every line that is neither empty nor a comment, in lower case. */
export function hostTable(text: string): Uint8Array {
  const hosts = text
    .split('\n')
    .map((line) => line.replace(/[ \t]+$/, '').toLowerCase())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return cdbWrite(hosts.map((host) => ({ key: Buffer.from(host, 'latin1'), value: new Uint8Array(0) })));
}
