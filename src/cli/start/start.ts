/**
 * `tqmail start`, the parent process (qmail-start): binds, starts the node without root, starts it again when
 * it dies, passes signals on. It accepts no connection and parses no mail.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { orComplain } from '../complain.js';
import { type StartOptions, startOptions } from './options.js';
import { prepare } from './prepare.js';
import { runServer, type WhenReady } from './server.js';
import { stopAsked } from './signals.js';

const compiled = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export function main(args: readonly string[]): Promise<number> {
  return orComplain('tqmail', () => start(startOptions(args)));
}

/** Resolves with the exit code: 0 after a clean stop, 111 otherwise. `whenReady` is called once, with the open listeners. */
export async function start(options: StartOptions, whenReady?: WhenReady): Promise<number> {
  const entry = options.nodeEntry ?? compiled('node-main.js');
  const lspawnd = compiled('../lspawnd.js');
  const prepared = await prepare(options.home, options.user, entry);
  if (stopAsked()) return 0;
  return runServer({
    home: options.home,
    readyFile: options.readyFile,
    entry,
    lspawnd: process.geteuid?.() === 0 && existsSync(lspawnd) ? lspawnd : undefined,
    prepared,
    whenReady,
    defaultDelivery: options.defaultDelivery,
    log: options.log ?? 1,
  });
}
