/**
 * qmail-qread: lists the queued messages that are preprocessed, with their recipients (spec admin.md §1).
 */
import { readLines } from '../../protocol/qread.js';
import { type Call, put } from '../call.js';
import { eachMessage } from '../control/queued-texts.js';
import { orFatal } from '../fatal.js';

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'qmail-qread', async () => {
    await eachMessage(call, (message) => put(call, 1, readLines(message)));
    return 0;
  });
