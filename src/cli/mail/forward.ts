/**
 * `|forward address...`: sends the message on from $NEWSENDER (spec mail-commands.md).
 */
import type { Call } from '../call.js';
import { redirect } from '../child/redirect.js';
import { needed, orFatal, permanent } from '../fatal.js';
import { pieces } from '../pieces.js';

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'forward', async () => {
    const sender = needed(call, 'NEWSENDER', permanent);
    const front = needed(call, 'DTLINE', permanent);
    await redirect(call, 'forward', { sender, recipients: call.args }, front, pieces(call, 0));
    return 0;
  });
