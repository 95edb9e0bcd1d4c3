/**
 * Books what was accepted, what arrived where and between which two crashes: accepted = delivered + bounced + queued,
 * and every second copy has a crash that explains it. Sends and kills nothing.
 */
import { numbered } from '../kill/numbered.js';
import { mayDouble } from './plan.js';

/** A second copy; `after` is the crash that came between the two, or `nothing`. */
interface Double {
  readonly n: number;
  readonly where: string;
  readonly after: string;
}

export interface LedgerVerdict {
  readonly accepted: number;
  readonly delivered: number;
  readonly bounced: number;
  readonly lost: readonly string[];
  readonly altered: number;
  readonly doubles: readonly Double[];
  /** Doubles that no crash explains. */
  readonly unexplained: readonly Double[];
}

/** The numbers of all messages in a text, as often as they stand there; `altered` counts those with other octets. */
function numbersIn(text: string): { readonly numbers: readonly number[]; readonly altered: number } {
  const numbers: number[] = [];
  let altered = 0;
  for (const match of text.matchAll(/^X-Number: (\d+)\r?$/gm)) {
    const n = Number(match[1]);
    const wire = numbered(n).toString('latin1');
    const same = text.startsWith(wire, match.index) || text.startsWith(wire.replaceAll('\r\n', '\n'), match.index);
    if (same) numbers.push(n);
    else altered += 1;
  }
  return { numbers, altered };
}

export class Ledger {
  /** Where each accepted message must arrive. */
  readonly #wanted = new Map<number, readonly string[]>();
  /** By message and place: how many crashes there had been at each arrival. */
  readonly #arrivals = new Map<string, number[]>();
  readonly #crashes: string[] = [];
  #altered = 0;

  accept(n: number, places: readonly string[]): void {
    this.#wanted.set(n, places);
  }

  crashed(point: string): void {
    this.#crashes.push(point);
  }

  arrive(text: string, where: string): void {
    const { numbers, altered } = numbersIn(text);
    if (numbers.length === 0 && altered === 0) this.#altered += 1;
    this.#altered += altered;
    for (const n of numbers) {
      const key = `${n} ${where}`;
      const known = this.#arrivals.get(key) ?? [];
      known.push(this.#crashes.length);
      this.#arrivals.set(key, known);
    }
  }

  /** Copies of a place that keeps them all (a file, a Maildir) and is read once, at the end: no crash is between them. */
  found(text: string, where: string, crash: (n: number) => string): readonly Double[] {
    const seen = new Set<number>();
    const doubles: Double[] = [];
    this.arrive(text, where);
    for (const n of numbersIn(text).numbers) {
      if (seen.has(n)) doubles.push({ n, where, after: crash(n) });
      seen.add(n);
    }
    return doubles;
  }

  #between(where: string, before: number, after: number): string {
    // Both copies of a forward may stand in the queue and go out together, long after the crash that doubled them.
    if (where.startsWith('onward@') && this.#crashes.slice(0, after).includes('forward.kept')) return 'forward.kept';
    return after > before ? (this.#crashes[before] ?? 'nothing') : 'nothing';
  }

  verdict(inFiles: readonly Double[] = []): LedgerVerdict {
    const lost: string[] = [];
    let delivered = 0;
    let bounced = 0;
    for (const [n, places] of this.#wanted) {
      for (const where of places) {
        if (!this.#arrivals.has(`${n} ${where}`)) lost.push(`${n} ${where}`);
        else if (where.startsWith('back@')) bounced += 1;
        else delivered += 1;
      }
    }
    const doubles = [...inFiles];
    for (const [key, at] of this.#arrivals) {
      const [n = '', where = ''] = key.split(' ');
      if (where === 'maildir' || where === 'mbox') continue;
      at.slice(1).forEach((crashes, i) => {
        doubles.push({ n: Number(n), where, after: this.#between(where, at[i] ?? 0, crashes) });
      });
    }
    const unexplained = doubles.filter(({ after }) => !mayDouble.has(after));
    return { accepted: this.#wanted.size, delivered, bounced, lost, altered: this.#altered, doubles, unexplained };
  }
}
