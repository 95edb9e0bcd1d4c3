/**
 * `|condredirect newaddress program [argument...]`: sends the message on, from its own sender, when the program says so
 * with exit code 0; the .qmail file is over then (99). Else the next line of the file has its turn.
 */
import type { ByteString } from '../../protocol/mail.js';
import type { Call } from '../call.js';
import { condition } from '../child/condition.js';
import { redirect } from '../child/redirect.js';
import { needed, orFatal, permanent, wrongUsage } from '../fatal.js';
import { piecesFromStart } from '../pieces.js';

const name = 'condredirect';
const fileIsOver = 99;

export const run = (call: Call): Promise<number> =>
  orFatal(call, name, async () => {
    const [address, ...program] = call.args;
    if (address === undefined || program.length === 0) throw wrongUsage(name, 'newaddress program [ arg ... ]');
    if (!(await condition(call, program))) return 0;
    const sender: ByteString = needed(call, 'SENDER', permanent);
    const front = needed(call, 'DTLINE', permanent);
    // The program has read the message away; it is a file, so it can be read again.
    await redirect(call, name, { sender, recipients: [address] }, front, piecesFromStart(call, 0));
    return fileIsOver;
  });
