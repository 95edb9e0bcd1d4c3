/**
 * The hunt: inputs are changed, run, and kept when they lead to a state that none led to before. What throws, or takes
 * too long, is a crasher and is made as small as it goes. Writes nothing.
 */
import { chanceOf, mutated, oneOf } from './mutate.js';
import type { Target } from './target.js';

export interface Limits {
  readonly seed: number;
  readonly milliseconds: number;
  readonly executions: number;
  /** An input that keeps a parser busy for so long is a crasher. */
  readonly patienceMs?: number;
  /** The hunt ends with so many different crashers. */
  readonly enough?: number;
}

export interface Crasher {
  readonly input: string;
  readonly reason: string;
}

export interface Hunted {
  readonly executions: number;
  /** States reached by the seeds, and by changed inputs beyond these. */
  readonly seedStates: number;
  readonly newStates: number;
  readonly crashers: readonly Crasher[];
  /** An input for each state. */
  readonly corpus: readonly string[];
}

const usualPatienceMs = 1_000;
const slow = 'took';
const mostStates = 50_000;
const mostCrashers = 5;
/** Runs spent on making one crasher small. */
const shrinkRuns = 2_000;

class Hunt {
  readonly #target: Target;
  readonly #states = new Set<string>();
  readonly corpus: string[] = [];
  readonly crashers: Crasher[] = [];
  readonly #reasons = new Set<string>();
  executions = 0;

  readonly #patienceMs: number;

  constructor(target: Target, patienceMs: number) {
    this.#target = target;
    this.#patienceMs = patienceMs;
  }

  get states(): number {
    return this.#states.size;
  }

  /** True when the input is to be kept. */
  try(input: string): void {
    this.executions += 1;
    const ran = this.#ran(input);
    if ('reason' in ran) {
      const kind = kindOf(ran.reason);
      if (this.#reasons.has(kind)) return;
      this.#reasons.add(kind);
      this.crashers.push({ reason: ran.reason, input: this.#smallest(input, kind) });
    } else if (!this.#states.has(ran.state) && this.#states.size < mostStates) {
      this.#states.add(ran.state);
      this.corpus.push(input);
    }
  }

  #ran(input: string): { readonly state: string } | { readonly reason: string } {
    const begun = performance.now();
    try {
      const state = this.#target.run(input);
      if (performance.now() - begun <= this.#patienceMs) return { state };
      // Others may have had the processor.
      const used = process.cpuUsage();
      this.#target.run(input);
      const { user } = process.cpuUsage(used);
      return user > this.#patienceMs * 1_000 ? { reason: `${slow} ${Math.round(user / 1_000)} ms of processor time` } : { state };
    } catch (error) {
      return { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  }

  /** Leaves out ever smaller pieces as long as the same happens. */
  #smallest(input: string, kind: string): string {
    let best = input;
    if (kind.startsWith(slow)) return best;
    let runs = 0;
    for (let size = Math.ceil(best.length / 2); size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0) {
      for (let at = 0; at < best.length && runs < shrinkRuns; ) {
        const less = best.slice(0, at) + best.slice(at + size);
        runs += 1;
        const ran = this.#ran(less);
        if ('reason' in ran && kindOf(ran.reason) === kind) best = less;
        else at += size;
      }
    }
    return best;
  }
}

/** Crashers of one kind come from the same place. */
function kindOf(reason: string): string {
  const [first = '', ...rest] = reason.split('\n');
  const place = rest.find((line) => /\bat .*dist\/(src|test)\//.test(line)) ?? '';
  return `${first.replace(/\d+|".*"/g, '').slice(0, 60)} ${place.trim()}`;
}

/** Runs until one of the limits is reached; always all seeds. */
export function hunt(target: Target, limits: Limits): Hunted {
  const chance = chanceOf(limits.seed);
  const found = new Hunt(target, limits.patienceMs ?? usualPatienceMs);
  const seeds = target.seeds();
  for (const seed of seeds) found.try(seed);
  const seedStates = found.states;
  const end = performance.now() + limits.milliseconds;
  const words = [...target.words, '\r\n'];
  const some = seeds.length > 0 ? seeds : [''];
  while (
    found.executions < limits.executions &&
    performance.now() < end &&
    found.crashers.length < (limits.enough ?? mostCrashers)
  ) {
    // What was found late is the most promising; the seeds stay in play.
    const recent = found.corpus.slice(-50);
    const from = chance() < 0.5 && recent.length > 0 ? recent : found.corpus.length > 0 ? found.corpus : some;
    found.try(mutated(oneOf(chance, from), chance, words, some));
  }
  const { executions, crashers, corpus } = found;
  return { executions, seedStates, newStates: found.states - seedStates, crashers, corpus };
}
