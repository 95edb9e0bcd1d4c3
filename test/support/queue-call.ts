/** One call of a command with qmail-queue's descriptors, in this process. */
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Call, Command } from '../../src/cli/call.js';

interface Input {
  readonly message?: string;
  readonly envelope?: string;
}

export function homeWith(t: TestContext, controls: Readonly<Record<string, string>>): string {
  const home = mkdtempSync(join(tmpdir(), 'tqmail-qmqpc-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'control'));
  for (const [name, text] of Object.entries(controls)) writeFileSync(join(home, 'control', name), text);
  return home;
}

export async function runIn(t: TestContext, home: string, command: Command, input: Input = {}): Promise<number> {
  const folder = homeWith(t, {});
  const { message = 'Subject: x\n\nhi\n', envelope = 'Fa@b\0Tc@d\0\0' } = input;
  writeFileSync(join(folder, 'm'), message, 'latin1');
  writeFileSync(join(folder, 'e'), envelope, 'latin1');
  const fds = [openSync(join(folder, 'm'), 'r'), openSync(join(folder, 'e'), 'r'), openSync('/dev/null', 'w')];
  const call: Call = { path: 'qmail-qmqpc', args: [], env: new Map(), home, descriptor: (n) => fds[n] ?? -1 };
  try {
    return await command(call);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}
