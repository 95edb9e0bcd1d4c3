/**
 * The promise of the whole: whatever the deliveries answer and whenever the process ends, every recipient is
 * delivered or told of in a bounce, once unless a crash or a lost report came between, and nothing stays.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemoryQueue } from '../../src/store/memory-queue.js';
import { OneThreadNode } from '../support/one-thread-node.js';
import type { Attempt, Script } from '../support/scripted-slots.js';

interface Fate {
  readonly local: boolean;
  /** What the tries answer before the last one. */
  readonly first: readonly ('Z' | 'crash')[];
  readonly last: 'K' | 'D';
}
type Step =
  | { readonly do: 'submit'; readonly fates: readonly Fate[] }
  | { readonly do: 'release'; readonly count: number }
  | { readonly do: 'advance'; readonly seconds: number }
  | { readonly do: 'slots'; readonly local: number; readonly remote: number }
  | { readonly do: 'crash' | 'stop' | 'allDue' | 'unheard' | 'reroute' };

const fate: fc.Arbitrary<Fate> = fc.record({
  local: fc.boolean(),
  first: fc.array(fc.constantFrom('Z' as const, 'crash' as const), { maxLength: 3 }),
  last: fc.constantFrom('K' as const, 'K' as const, 'D' as const),
});
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('submit' as const), fates: fc.array(fate, { maxLength: 5 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('release' as const), count: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), seconds: fc.integer({ min: 1, max: 2_000 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('slots' as const),
        local: fc.constantFrom(0, 0, 2),
        remote: fc.constantFrom(0, 1, 3),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('crash', 'stop', 'allDue', 'unheard', 'reroute') }) },
  ) as fc.Arbitrary<Step>,
  { minLength: 3, maxLength: 25 },
);

/** One queue through the lives of several processes. */
class Lives {
  readonly store = new MemoryQueue();
  readonly fates = new Map<string, Fate>();
  readonly senders = new Map<string, readonly string[]>();
  readonly attempts: Attempt[] = [];
  readonly settings: { locals: string[]; concurrencylocal: number; concurrencyremote: number; rcptspertransaction: number };
  node!: OneThreadNode;

  constructor(rcptspertransaction: number) {
    this.settings = { locals: ['mx.test.example'], concurrencylocal: 2, concurrencyremote: 2, rcptspertransaction };
  }

  #crashed = false;
  readonly #tries = new Map<string, number>();
  readonly #script: Script = (recipient) => {
    const known = this.fates.get(recipient);
    if (known === undefined) return 'K';
    const tries = this.#tries.get(recipient) ?? 0;
    this.#tries.set(recipient, tries + 1);
    return known.first[tries] ?? known.last;
  };

  async begin(seconds: number): Promise<void> {
    this.node = await OneThreadNode.started({ store: this.store, seconds, settings: this.settings, script: this.#script });
    this.node.slots.held.add('local').add('remote');
  }

  async next(end: 'crash' | 'stop'): Promise<void> {
    const { node } = this;
    if (end === 'crash') this.#crashed = true;
    if (end === 'stop') {
      const stopped = node.stop();
      await node.settle();
      node.slots.release('local');
      node.slots.release('remote');
      await stopped;
      this.store.reopen();
    }
    node.crash();
    this.attempts.push(...node.slots.attempts);
    await this.begin(node.clock.seconds + 1);
  }

  /** Local mail becomes remote, or remote mail local again. */
  async reroute(): Promise<void> {
    this.settings.locals = this.settings.locals.length > 0 ? [] : ['mx.test.example'];
    await this.node.reload({ locals: this.settings.locals });
  }

  async submit(fates: readonly Fate[], heard: boolean): Promise<void> {
    const sender = `s${this.senders.size}@far.example`;
    const recipients = fates.map((_, n) => `r${this.senders.size}-${n}@${fates[n]?.local ? 'mx.test.example' : 'far.example'}`);
    this.senders.set(sender, recipients);
    for (const [n, recipient] of recipients.entries()) this.fates.set(recipient, fates[n] as Fate);
    if (heard) await this.node.accepted(sender, recipients);
    else {
      const body = { form: 'wire', bytes: Buffer.from('x\r\n') } as const;
      const { seconds: birth } = this.node.clock;
      await this.store.accept({ origin: 'inject', uid: 0, qp: 1, birth, sender, recipients, body, unixSize: 2 });
    }
  }

  async finish(): Promise<void> {
    await this.node.reload({ concurrencylocal: 3, concurrencyremote: 3 });
    this.node.slots.release('local');
    this.node.slots.release('remote');
    for (let hours = 0; hours < 24 && this.node.host.counters()['send.held'] !== 0; hours += 1) {
      // The log said that a message is held: somebody has it tried again.
      await this.node.host.allDue();
      await this.node.clock.advance(3_600);
    }
    for (let days = 0; days < 8 && this.store.count() > 0; days += 1) {
      await this.node.clock.advance(86_400);
      if (this.node.host.counters()['send.held'] !== 0) await this.node.host.allDue();
    }
    await this.node.settle();
    this.attempts.push(...this.node.slots.attempts);
    assert.equal(this.store.count(), 0, 'nothing stays in the queue');
    assert.equal(this.node.host.counters()['send.jobs'], 0);
    assert.deepEqual(this.node.slots.running, { local: 0, remote: 0 });
    this.node.crash();
  }

  check(): void {
    for (const [sender, recipients] of this.senders) {
      const failed = recipients.filter((recipient) => this.fates.get(recipient)?.last === 'D');
      for (const recipient of recipients) if (!failed.includes(recipient)) this.#deliveredOnce(recipient);
      if (failed.length === 0) {
        assert.deepEqual(this.#made(sender), []);
        continue;
      }
      const bounce = this.#deliveredOnce(sender);
      const text = Buffer.from(bounce.delivery.bytes ?? []).toString('latin1');
      for (const recipient of recipients)
        assert.equal(text.includes(`<${recipient}>:`), failed.includes(recipient), `${recipient} in ${text}`);
    }
  }

  #made(recipient: string): Attempt[] {
    return this.attempts.filter((attempt) => attempt.recipient === recipient && attempt.answer === 'K');
  }

  #deliveredOnce(recipient: string): Attempt {
    const made = this.#made(recipient);
    assert.ok(made[0] !== undefined, `${recipient} was never delivered`);
    // A worker that died took whole groups with it, what was delivered of them included.
    const lost = this.#crashed || [...this.fates.values()].some(({ first }) => first.includes('crash'));
    for (const { delivery } of made.slice(1)) assert.ok(delivery.repeated ?? lost, `${recipient} twice without reason`);
    return made.at(-1) as Attempt;
  }
}

async function take(lives: Lives, step: Step): Promise<void> {
  const { node } = lives;
  if (step.do === 'submit') await lives.submit(step.fates, true);
  else if (step.do === 'unheard')
    await lives.submit(
      [
        { local: true, first: [], last: 'K' },
        { local: false, first: ['Z'], last: 'D' },
      ],
      false,
    );
  else if (step.do === 'advance') await node.clock.advance(step.seconds);
  else if (step.do === 'slots') await node.reload({ concurrencylocal: step.local, concurrencyremote: step.remote });
  else if (step.do === 'reroute') await lives.reroute();
  else if (step.do === 'allDue') await node.host.allDue();
  else if (step.do === 'release') {
    const held = [...node.slots.held];
    for (const channel of held) node.slots.release(channel, step.count);
    await node.settle();
  } else await lives.next(step.do);
}

test('every recipient is delivered or bounced, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(1, 3), async (list, group) => {
      const lives = new Lives(group);
      await lives.begin(1_700_000_000);
      for (const step of list) await take(lives, step);
      await lives.finish();
      lives.check();
    }),
    { numRuns: 120 },
  );
});
