/**
 * What can be asked of a running sink, by a program or over HTTP: reports, messages, waiting, rules.
 * One desk a sink; it owns no sockets.
 */
import { setImmediate } from 'node:timers/promises';
import { matchText } from './asked.js';
import { type SinkCounts, sumCounts } from './counts.js';
import type { House } from './house.js';
import type { KeptMessage, KeptMessages } from './kept.js';
import type { SinkLedger } from './ledger.js';
import { matches, type SinkMatch, Waiters } from './match.js';
import type { SinkReport } from './options.js';
import { summaryOf } from './received.js';

/** How long a search goes on before others have their turn. */
const turnMs = 10;

export class Desk {
  readonly house: House;
  readonly kept: KeptMessages;
  readonly waiters: Waiters;
  readonly #ledger: SinkLedger;
  /** Counts of other processes. */
  readonly others = new Map<number, SinkCounts>();
  /** Told the text of new rules; settles when they are in force everywhere. */
  rulesChanged: ((text: string) => Promise<void>) | undefined;

  constructor(house: House, ledger: SinkLedger, kept: KeptMessages) {
    this.house = house;
    this.kept = kept;
    this.waiters = new Waiters(kept);
    this.#ledger = ledger;
  }

  counts(): SinkCounts {
    return this.others.size === 0 ? this.house.counts : sumCounts([this.house.counts, ...this.others.values()]);
  }

  report(): SinkReport {
    return {
      ...this.counts(),
      verdict: this.#ledger.verdict(),
      latency: this.#ledger.latency(),
      ledgerTrouble: this.#ledger.trouble,
      kept: { messages: this.kept.count, octets: this.kept.octets },
    };
  }

  /** Throws SinkRulesError; then nothing changes. Settles when they are in force in all processes: at once when there is only this one. */
  setRules(rules: string): Promise<void> {
    this.house.troubles.replace(rules);
    return this.rulesChanged?.(this.house.troubles.text) ?? Promise.resolve();
  }

  /** Oldest first. */
  find(match: SinkMatch): KeptMessage[] {
    return [...this.kept.all()].filter((message) => matches(message, match));
  }

  /** The same in turns: mail is taken between them, however much is looked through. */
  async search(match: SinkMatch): Promise<KeptMessage[]> {
    const found: KeptMessage[] = [];
    let turnEnd = performance.now() + turnMs;
    for (const message of [...this.kept.all()]) {
      if (matches(message, match)) found.push(message);
      if (performance.now() < turnEnd) continue;
      await setImmediate();
      turnEnd = performance.now() + turnMs;
    }
    return found.filter((message) => this.kept.get(message.id) === message);
  }

  /** Forgets those that match; answers how many. */
  remove(match: SinkMatch): number {
    if (Object.keys(match).length === 0) return this.kept.clear();
    return this.find(match).filter(({ id }) => this.kept.remove(id)).length;
  }

  /** Rejects when the time is over, with what did arrive, and when the sink is closed. */
  async wait(match: SinkMatch, ms: number): Promise<KeptMessage> {
    if (this.kept.limit === 0) throw new Error('this sink keeps no messages: start it with keep above 0');
    const message = await this.waiters.wait(match, ms);
    if (message !== undefined) return message;
    if (this.waiters.closed) throw new Error(`the sink was closed before a message came that matches ${matchText(match)}`);
    const newest = [...this.kept.all()].slice(-5).map((one) => {
      const { recipients, subject } = summaryOf(one);
      return `${recipients.slice(0, 3).join(', ')} "${subject}"`;
    });
    const seen = newest.length === 0 ? 'no message is kept' : `kept: ${this.kept.count}, the newest for ${newest.join('; ')}`;
    throw new Error(`no message that matches ${matchText(match)} within ${ms} ms; ${seen}`);
  }
}
