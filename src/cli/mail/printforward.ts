/**
 * `printforward < cdb`: the instructions of a forwarding database, as setforward reads them.
 */
import { forwardText } from '../../protocol/aliases/forward-text.js';
import { fromByteString } from '../../protocol/bytes.js';
import { cdbRecords } from '../../protocol/cdb-records.js';
import { type Command, put } from '../call.js';
import { Fatal, orFatal, permanent } from '../fatal.js';
import { inputText } from './aliases/files.js';

export const run: Command = (call) =>
  orFatal(call, 'printforward', async () => {
    const texts = cdbRecords(fromByteString(await inputText(call)))?.map(forwardText);
    if (texts === undefined || texts.includes(undefined)) throw new Fatal(permanent, 'bad database format');
    put(call, 1, texts.join(''));
    return 0;
  });
