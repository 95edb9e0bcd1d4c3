/**
 * `|qreceipt address`: tells the sender that the message arrived, when its header asks this address for it. Never answers
 * a bounce.
 */
import { asksReceipt, receipt } from '../../protocol/message/receipt.js';
import { type Call, complainTo } from '../call.js';
import { headerFields } from '../child/header.js';
import { Fatal, orFatal, permanent, temporary, wrongUsage } from '../fatal.js';
import { queueMail } from '../queue/queue-mail.js';

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
    const message = [Buffer.from(receipt(sender, address, asked.messageId), 'latin1')];
    const answer = await queueMail(call, { message, envelope: { sender: '', recipients: [sender] } });
    if (answer.detail !== '') complainTo(call, `${name}: ${answer.detail}`);
    if (answer.text.startsWith('D')) throw new Fatal(permanent, 'permanent qmail-queue error');
    if (answer.text !== '') throw new Fatal(temporary, 'temporary qmail-queue error');
    return 0;
  });
