/**
 * `setmaillist bin tmp`: makes the binary list that fastforward reads from the lines of its standard input.
 */

import { parseMailList } from '../../protocol/aliases/mail-list.js';
import { fromByteString } from '../../protocol/bytes.js';
import type { Command } from '../call.js';
import { orFatal, temporary, wrongUsage } from '../fatal.js';
import { inputText, replace, understood } from './aliases/files.js';

export const run: Command = (call) =>
  orFatal(call, 'setmaillist', async () => {
    const [target, aside] = call.args;
    if (target === undefined || aside === undefined) throw wrongUsage('setmaillist', 'list.bin list.tmp');
    const text = await inputText(call);
    const commands = understood(temporary, () => parseMailList(text));
    await replace(target, aside, fromByteString(commands.map((command) => `${command}\0`).join('')));
    return 0;
  });
