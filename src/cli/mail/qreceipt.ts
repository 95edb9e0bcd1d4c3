/**
 * `|qreceipt address`: tells the sender that the message arrived, when its header asks this address for it. Never answers
 * a bounce.
 */
import { asksReceipt, receipt } from '../../protocol/message/receipt.js';
import type { Call } from '../call.js';
import { headerFields } from '../child/header.js';
import { queueMessage } from '../child/queue-child.js';
import { Fatal, orFatal, permanent, temporary, wrongUsage } from '../fatal.js';

const name = 'qreceipt';

export const run = (call: Call): Promise<number> =>
  orFatal(call, name, async () => {
    const [address] = call.args;
    const sender = call.env.get('SENDER');
    if (address === undefined || sender === undefined) throw wrongUsage(name, 'deliveryaddress');
    if (sender === '' || sender === '#@[]') return 0;
    const asked = asksReceipt(await headerFields(call), address);
    if (asked.tag === 'cannot parse') {
      throw new Fatal(permanent, `unable to parse this: ${asked.field.replace(/\n$/, '')}`);
    }
    if (asked.tag === 'not asked') return 0;
    async function* message(text: string): AsyncGenerator<Uint8Array> {
      yield Buffer.from(text, 'latin1');
    }
    const answer = await queueMessage(call, message(receipt(sender, address, asked.messageId)), {
      sender: '',
      recipients: [sender],
    });
    if (answer.text.startsWith('D')) throw new Fatal(permanent, 'permanent qmail-queue error');
    if (answer.text !== '') throw new Fatal(temporary, 'temporary qmail-queue error');
    return 0;
  });
