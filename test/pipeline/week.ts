/**
 * A week of retries of many messages on the fake clock, each attempt compared with qmail's formula: birth + (k × step)².
 * Runs and counts; judges nothing.
 */
import type { Channel } from '../../src/protocol/mail.js';
import { birth, OneThreadNode } from '../support/one-thread-node.js';

/** Seconds over which the messages are born. */
const spread = 40;
const week = 604_800;
const steps = { local: 10, remote: 20 } as const;
const domains = { local: 'mx.test.example', remote: 'dest.test' } as const;

export interface WeekResult {
  readonly attempts: number;
  /** The first try at once, the others while a message is younger than a week, and the one that finds it too old. */
  readonly expected: number;
  /** Attempts at another second than the formula's. */
  readonly wrong: number;
  readonly example: string;
  /** Messages that were not given up. */
  readonly left: number;
}

export async function runWeek(channel: Channel, messages: number): Promise<WeekResult> {
  const births = new Map<string, number>();
  const tries = new Map<string, number>();
  let attempts = 0;
  let wrong = 0;
  let example = '';
  const node: OneThreadNode = await OneThreadNode.started({
    settings: { queuelifetime: week, doublebounceto: '' },
    script: (recipient) => {
      const k = tries.get(recipient) ?? 0;
      const due = (births.get(recipient) ?? node.clock.seconds) + (k * steps[channel]) ** 2;
      if (node.clock.seconds !== due) {
        wrong += 1;
        example ||= `${recipient} try ${k}: ${node.clock.seconds - due} s late`;
      }
      tries.set(recipient, k + 1);
      attempts += 1;
      node.slots.attempts.length = 0;
      return 'Z';
    },
  });
  // Nobody reads the log of a week.
  node.log.deaf = true;
  for (let n = 0; n < messages; n += 1) {
    const recipient = `u${n}@${domains[channel]}`;
    await node.clock.to(birth + Math.floor((n * spread) / messages));
    births.set(recipient, node.clock.seconds);
    await node.accepted('#@[]', [recipient]);
  }
  await node.clock.advance(2 * week);
  const expected = messages * (Math.floor(Math.sqrt(week) / steps[channel]) + 2);
  return { attempts, expected, wrong, example, left: node.store.count() };
}
