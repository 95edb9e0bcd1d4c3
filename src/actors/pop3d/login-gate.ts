/**
 * How long an address waits for the answer to its next login: longer with each that was refused, less again with time, and longer
 * the more of its logins are under way: who guesses on a thousand connections at once learns no more than on one. A
 * right password does not clear what was refused before. Counts only; the table is bounded.
 */
import { isLoopback } from '../net/admission.js';

/** Refusals of one address. */
interface Refusals {
  count: number;
  /** Monotonic milliseconds of the last one. */
  at: number;
}

const firstMs = 500;
const longestMs = 30_000;
/** One refusal is forgotten for every so many milliseconds of peace. */
const forgiveMs = 60_000;
const mostAddresses = 20_000;
/** Logins of one address that are checked as they come; each further one waits so much longer. */
const together = 8;
const eachMs = 250;
/** Logins of one address under way; further ones are told to come again. */
const mostUnderWay = 128;

export class LoginGate {
  /** The address that was refused longest ago first. */
  readonly #refused = new Map<string, Refusals>();

  /** Logins that are checked, or wait for that. */
  readonly #underWay = new Map<string, number>();

  /** A login comes: the milliseconds that it has to wait; undefined: too many of its address are under way. Programs of this machine may have any number. */
  begin(address: string, now: number): number | undefined {
    const refusals = this.delay(address, now);
    if (isLoopback(address)) return refusals;
    const key = networkOf(address);
    const others = this.#underWay.get(key) ?? 0;
    if (others >= mostUnderWay) return undefined;
    this.#underWay.set(key, others + 1);
    return Math.max(refusals, Math.max(0, others + 1 - together) * eachMs);
  }

  /** It is known how it ended, or nobody wants to know any more. Once for each that began. */
  end(address: string): void {
    const key = networkOf(address);
    const left = (this.#underWay.get(key) ?? 0) - 1;
    if (left > 0) this.#underWay.set(key, left);
    else this.#underWay.delete(key);
  }

  /** Milliseconds from the begin of a login to its answer, at least. */
  delay(address: string, now: number): number {
    const count = this.#count(networkOf(address), now);
    return count === 0 ? 0 : Math.min(longestMs, firstMs * 2 ** (count - 1));
  }

  /** A login was refused: how many that makes. */
  refused(address: string, now: number): number {
    const key = networkOf(address);
    const count = this.#count(key, now) + 1;
    this.#refused.delete(key);
    this.#refused.set(key, { count, at: now });
    for (const oldest of this.#refused.keys()) {
      if (this.#refused.size <= mostAddresses) break;
      this.#refused.delete(oldest);
    }
    return count;
  }

  #count(key: string, now: number): number {
    const known = this.#refused.get(key);
    return known === undefined ? 0 : Math.max(0, known.count - Math.floor((now - known.at) / forgiveMs));
  }
}

/** An IPv6 client owns a /64 at least; of IPv4 each address counts alone. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [front = '', back] = address.split('::');
  const words = front === '' ? [] : front.split(':');
  const after = back === undefined || back === '' ? 0 : back.split(':').length;
  while (back !== undefined && words.length + after < 8) words.push('0');
  return `${words.slice(0, 4).join(':')}::/64`;
}
