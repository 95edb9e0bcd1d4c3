/**
 * `newinclude list`: compiles an :include: file into list.bin for fastforward. A faulty file leaves the old one in use.
 */
import { includeCommands } from '../../protocol/aliases/alias-file.js';
import { fromByteString } from '../../protocol/bytes.js';
import type { Command } from '../call.js';
import { orFatal, temporary, wrongUsage } from '../fatal.js';
import { homeRewrite, replace, sourceOctets, understood } from './aliases/files.js';

export const run: Command = (call) =>
  orFatal(call, 'newinclude', async () => {
    const [list] = call.args;
    if (list === undefined) throw wrongUsage('newinclude', 'list');
    const rewrite = await homeRewrite(call);
    const text = (await sourceOctets(list)).toString('latin1');
    const commands = understood(temporary, () => includeCommands(text, rewrite));
    await replace(`${list}.bin`, `${list}.tmp`, fromByteString(commands.map((command) => `${command}\0`).join('')));
    return 0;
  });
