/**
 * How long an address waits for the answer to its next login: longer with each that was refused, less again with time. A
 * right password does not clear what was refused before. Counts only; the table is bounded.
 */

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

export class LoginGate {
  /** The address that was refused longest ago first. */
  readonly #refused = new Map<string, Refusals>();

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
