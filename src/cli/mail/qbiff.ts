/**
 * `|qbiff`: tells the user's terminals that mail came. Never keeps a delivery from going on: the exit code is 0.
 */
import { biffText } from '../../protocol/biff.js';
import { systemTerminals, writeToTerminals } from '../../store/terminals.js';
import type { Call } from '../call.js';
import { pieces } from '../pieces.js';

/** Octets of the message that are looked at. */
const mostHead = 256 * 1024;

export async function run(call: Call): Promise<number> {
  const user = call.env.get('USER');
  const local = call.env.get('LOCAL');
  const sender = call.env.get('SENDER');
  if (user === undefined || local === undefined || sender === undefined) return 0;
  let head = '';
  try {
    for await (const piece of pieces(call, 0)) {
      head += piece.toString('latin1');
      if (head.length > mostHead) break;
    }
  } catch {
    // What was read is told.
  }
  await writeToTerminals(user, process.getuid?.() ?? 0, biffText(local, sender, head), systemTerminals);
  return 0;
}
