/**
 * qmail-qread: lists the queued messages that are preprocessed, with their recipients (spec admin.md §1).
 */
import { readLines } from '../../protocol/qread.js';
import type { Call } from '../call.js';
import { writeMessages } from '../control/queued-texts.js';
import { orFatal } from '../fatal.js';

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'qmail-qread', async () => {
    await writeMessages(call, readLines);
    return 0;
  });
