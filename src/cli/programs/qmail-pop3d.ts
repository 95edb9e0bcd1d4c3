/**
 * qmail-pop3d: the Maildir that its argument names, to a client on descriptors 0 and 1 that has logged in (spec pop3.md §3).
 */
import type { Call } from '../call.js';
import { complainTo } from '../call.js';
import { servePop3 } from './pop3/serve.js';

const refused = 1;

export async function run(call: Call): Promise<number> {
  if (process.getuid?.() === 0) {
    complainTo(call, 'qmail-pop3d invoked as uid 0, terminating');
    return refused;
  }
  await servePop3(call, call.args[0]);
  return 0;
}
