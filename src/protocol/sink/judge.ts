/**
 * Applies a sink's rules: what happens to this command of this client at this time. Remembers counts, rates and first tries.
 * Pure: times come in, drawn numbers come from the rules' seed, so the same session meets the same trouble.
 */
import type { ByteString } from '../mail.js';
import { ClientRates, FirstTries } from './memory.js';
import { seededRow } from './random.js';
import type { SinkAction, SinkRefusal, SinkRule, SinkRuleSet, SinkStage } from './rule.js';

/** `delayMs` goes before whatever happens; `slow`, when set, holds from then on, octets a second. */
export interface SinkVerdict {
  readonly does: 'accept' | 'refuse' | 'drop' | 'take-drop' | 'stall';
  readonly refusal?: SinkRefusal;
  readonly delayMs: number;
  readonly slow: number;
}

/** The common case, one object for all. */
export const plainAccept: SinkVerdict = { does: 'accept', delayMs: 0, slow: 0 };

/** What is asked about. */
export interface SinkQuestion {
  readonly stage: SinkStage;
  readonly client: ByteString;
  readonly sender: ByteString;
  /** What patterns are compared with. */
  readonly address: ByteString;
  /** Connections open now, this one included. */
  readonly ofClient: number;
  readonly ofAll: number;
  /** Milliseconds of any clock that only goes forward. */
  readonly now: number;
}

interface Standing {
  readonly rule: SinkRule;
  readonly draw: () => number;
  readonly rates: ClientRates | undefined;
  readonly tries: FirstTries | undefined;
  matches: number;
}

export class SinkJudge {
  readonly #standing = new Map<SinkStage, Standing[]>();
  readonly #begun: number;
  /** Stages whose rules count, draw or remember. */
  readonly #stateful = new Set<SinkStage>();
  /** Some rule wants to know how many connections are open. */
  readonly limits: boolean;

  /** @param now the time that `from` and `to` count from */
  constructor({ seed, rules }: SinkRuleSet, now: number) {
    this.#begun = now;
    this.limits = rules.some(({ action }) => action.tag === 'limit');
    for (const [index, rule] of rules.entries()) {
      const { action } = rule;
      const standing: Standing = {
        rule,
        draw: seededRow(seed * 1_000_003 + index),
        rates: action.tag === 'rate' ? new ClientRates(action.most, action.ms) : undefined,
        tries: action.tag === 'greylist' ? new FirstTries() : undefined,
        matches: 0,
      };
      if (isStateful(rule)) this.#stateful.add(rule.stage);
      const at = this.#standing.get(rule.stage);
      if (at === undefined) this.#standing.set(rule.stage, [standing]);
      else at.push(standing);
    }
  }

  /** False: nothing is ever said about this stage. */
  concerns(stage: SinkStage): boolean {
    return this.#standing.has(stage);
  }

  /** True: what is said about this stage depends on what was asked before, so that one judge must hear all of it. */
  remembers(stage: SinkStage): boolean {
    return this.#stateful.has(stage);
  }

  judge(question: SinkQuestion): SinkVerdict {
    const standing = this.#standing.get(question.stage);
    if (standing === undefined) return plainAccept;
    let [delayMs, slow] = [0, 0];
    for (const one of standing) {
      if (!this.#counts(one, question)) continue;
      const { action } = one.rule;
      if (action.tag === 'delay') delayMs += action.ms;
      else if (action.tag === 'slow') slow = action.perSecond;
      else if (happens(one, action, question)) return { ...outcome(action), delayMs, slow };
    }
    return delayMs === 0 && slow === 0 ? plainAccept : { does: 'accept', delayMs, slow };
  }

  #counts(one: Standing, { address, now }: SinkQuestion): boolean {
    const { rule } = one;
    const age = now - this.#begun;
    if (age < rule.fromMs || age >= rule.toMs || !rule.pattern.test(address)) return false;
    if (++one.matches % rule.every !== 0) return false;
    return rule.share === 1 || one.draw() < rule.share;
  }
}

function isStateful({ every, share, action: { tag } }: SinkRule): boolean {
  return every > 1 || share < 1 || tag === 'rate' || tag === 'greylist' || tag === 'limit';
}

/** What an action does when nothing has to be counted for it; for the words of a recipient's address. */
export function plainVerdict(action: SinkAction): SinkVerdict {
  if (action.tag === 'delay') return { does: 'accept', delayMs: action.ms, slow: 0 };
  return { ...outcome(action), delayMs: 0, slow: 0 };
}

function happens(one: Standing, action: SinkAction, question: SinkQuestion): boolean {
  if (action.tag === 'rate') return one.rates?.exceeded(question.client, question.now) === true;
  if (action.tag === 'greylist') {
    const key = `${question.client}\0${question.sender}\0${question.address}`;
    return (one.tries?.age(key, question.now) ?? 0) < action.ms;
  }
  if (action.tag === 'limit') return (action.all ? question.ofAll : question.ofClient) > action.most;
  return true;
}

function outcome(action: SinkAction): Pick<SinkVerdict, 'does' | 'refusal'> {
  if ('refusal' in action) return { does: 'refuse', refusal: action.refusal };
  return { does: action.tag === 'drop' || action.tag === 'take-drop' || action.tag === 'stall' ? action.tag : 'accept' };
}
