/**
 * qmail-qstat: how many messages are queued, and how many of them are not yet preprocessed (spec admin.md §2).
 */
import { statLines } from '../../protocol/qread.js';
import { type Call, put } from '../call.js';
import { queueCounts } from '../control/queued-texts.js';
import { orFatal } from '../fatal.js';

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'qmail-qstat', async () => {
    const { total, todo } = await queueCounts(call);
    put(call, 1, statLines(total, todo));
    return 0;
  });
