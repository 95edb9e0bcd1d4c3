/**
 * `tqmail remove`, `bounce`, `hold`, `retry`: what is to become of single messages. The running server does it; the messages are
 * looked for here, in its listing.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Order, OrderCounts } from '../../actors/node-api.js';
import { compileChoice } from '../../protocol/queue-choice.js';
import { CommandTrouble, complain } from '../complain.js';
import { usageLine } from '../manual/help.js';
import { askServer } from './ask-server.js';
import { choiceWords } from './choice.js';
import { eachQueued } from './export.js';

/** Messages a request. */
const atOnce = 200;
/** Times that messages are asked for again of which a delivery was under way, a second apart. */
const mostTries = 5;

const said: Readonly<Record<Order, string>> = { remove: 'removed', bounce: 'bounced', hold: 'held', retry: 'due now' };

export function orderVerb(what: Order): (args: readonly string[]) => Promise<number> {
  return (args) => order(what, args);
}

async function order(what: Order, args: readonly string[]): Promise<number> {
  const { home, choice } = choiceWords(what, args);
  if (choice === undefined) {
    throw new CommandTrouble(64, `${what}: say which messages; --to '*' means all\n${usageLine(what)}`);
  }
  const chosen = compileChoice(choice);
  const ids: number[] = [];
  let partly = 0;
  // Who is not there cannot be asked: before the queue is read and locked here.
  await ask(home, what, []);
  await eachQueued(home, (part) => {
    const found = chosen(part);
    // To hold or try what others get too harms nobody.
    if (found === 'whole' || (found === 'partly' && what === 'retry')) ids.push(part.head.id);
    else if (found === 'partly') partly += 1;
  });
  const { done, busy } = await orderAll(home, what, ids);
  process.stdout.write(`${done} ${done === 1 ? 'message' : 'messages'} ${said[what]}\n`);
  if (partly > 0)
    complain(`tqmail: ${what}: ${partly} messages have other recipients too and stay as they are; name them by --id alone`);
  if (busy > 0) complain(`tqmail: ${what}: deliveries of ${busy} messages are under way; ask again`);
  return partly > 0 || busy > 0 ? 1 : 0;
}

async function orderAll(home: string, what: Order, ids: readonly number[]): Promise<{ done: number; busy: number }> {
  let done = 0;
  let left = ids;
  for (let tries = 0; left.length > 0 && tries < mostTries; tries++) {
    if (tries > 0) await wait(1_000);
    const busy: number[] = [];
    for (let at = 0; at < left.length; at += atOnce) {
      const counts = await ask(home, what, left.slice(at, at + atOnce));
      done += counts.done;
      busy.push(...counts.busy);
    }
    left = busy;
  }
  return { done, busy: left.length };
}

async function ask(home: string, what: Order, ids: readonly number[]): Promise<OrderCounts> {
  const answer = await askServer(home, { verb: 'order', order: what, ids });
  if (answer?.tag === 'done') return answer.value as OrderCounts;
  throw new CommandTrouble(
    111,
    `${what}: ${answer?.text ?? 'not running: start the server, with tqmail pause when nothing shall be delivered meanwhile'}`,
  );
}
