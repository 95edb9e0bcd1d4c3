/**
 * qmail-send called by itself: the part of the server that it was in qmail cannot run alone here either, so it says, in
 * qmail's words, that it cannot start, and what does. Exit code 111.
 */
import { type Call, complainTo, put } from '../call.js';

const alert = 'alert: cannot start: hath the daemon spawn no fire?';

export async function run(call: Call): Promise<number> {
  try {
    put(call, 0, `${alert}\n`);
  } catch {
    // Descriptor 0 is qmail-send's log only where qmail-start made it so; people read descriptor 2.
    complainTo(call, alert);
  }
  complainTo(call, 'qmail-send: it is a part of the server: start that with qmail-start or "tqmail start"');
  return 111;
}
