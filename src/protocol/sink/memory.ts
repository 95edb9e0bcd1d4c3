/**
 * What a sink's rules remember of clients: how fast they send, and when something was first tried.
 * Bounded: the oldest is forgotten.
 */
import type { ByteString } from '../mail.js';

const mostClients = 65_536;
const mostTries = 262_144;
/** Senders and recipients are as long as clients like. */
const mostTriedOctets = 32 * 1_048_576;

interface Bucket {
  left: number;
  at: number;
}

/** A bucket of `most` a client, refilled evenly in `ms` milliseconds. */
export class ClientRates {
  readonly #most: number;
  readonly #perMs: number;
  readonly #buckets = new Map<ByteString, Bucket>();

  constructor(most: number, ms: number) {
    this.#most = most;
    this.#perMs = most / ms;
  }

  /** Takes one of the client's bucket; true when it was empty. */
  exceeded(client: ByteString, now: number): boolean {
    let bucket = this.#buckets.get(client);
    if (bucket === undefined) {
      forgetOldest(this.#buckets, mostClients);
      bucket = { left: this.#most, at: now };
      this.#buckets.set(client, bucket);
    }
    bucket.left = Math.min(this.#most, bucket.left + (now - bucket.at) * this.#perMs);
    bucket.at = now;
    if (bucket.left < 1) return true;
    bucket.left--;
    return false;
  }
}

export class FirstTries {
  readonly #first = new Map<ByteString, number>();
  #octets = 0;

  /** Milliseconds since this was first tried; 0 the first time. */
  age(key: ByteString, now: number): number {
    const first = this.#first.get(key);
    if (first !== undefined) return now - first;
    this.#first.set(key, now);
    this.#octets += key.length;
    for (const oldest of this.#first.keys()) {
      if (this.#first.size <= mostTries && this.#octets <= mostTriedOctets) break;
      this.#first.delete(oldest);
      this.#octets -= oldest.length;
    }
    return 0;
  }

  /** Octets of what is remembered. */
  get octets(): number {
    return this.#octets;
  }
}

function forgetOldest(map: Map<ByteString, unknown>, most: number): void {
  if (map.size < most) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
