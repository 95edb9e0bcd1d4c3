/**
 * `printmaillist < bin`: a binary list as the lines that setmaillist reads.
 */
import { nulTexts } from '../../protocol/aliases/commands.js';
import { mailListText } from '../../protocol/aliases/mail-list.js';
import { fromByteString } from '../../protocol/bytes.js';
import { type Command, put } from '../call.js';
import { Fatal, orFatal, permanent } from '../fatal.js';
import { inputText } from './aliases/files.js';

export const run: Command = (call) =>
  orFatal(call, 'printmaillist', async () => {
    const commands = nulTexts(fromByteString(await inputText(call)));
    if (commands === undefined || commands.some((command) => !/^[&./]/.test(command))) {
      throw new Fatal(permanent, 'bad mailing list format');
    }
    put(call, 1, mailListText(commands));
    return 0;
  });
