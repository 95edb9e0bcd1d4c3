/**
 * `setforward cdb tmp`: makes the database of fastforward from instructions on its standard input.
 */
import { parseForward } from '../../protocol/aliases/forward-text.js';
import { cdbWrite } from '../../protocol/cdb.js';
import type { Command } from '../call.js';
import { orFatal, permanent, wrongUsage } from '../fatal.js';
import { inputText, replace, understood } from './aliases/files.js';

export const run: Command = (call) =>
  orFatal(call, 'setforward', async () => {
    const [target, aside] = call.args;
    if (target === undefined || aside === undefined) throw wrongUsage('setforward', 'data.cdb data.tmp');
    const text = await inputText(call);
    const records = understood(permanent, () => parseForward(text));
    await replace(target, aside, cdbWrite(records));
    return 0;
  });
