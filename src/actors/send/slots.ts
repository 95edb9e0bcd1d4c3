/**
 * The right to run deliveries: how many slots each channel has and how many are at work. `send` holds
 * exactly concurrencylocal and concurrencyremote of them and never starts more; 0 holds the channel. Remote
 * deliveries whose outcome is not on disk yet are counted too, up to half as many again: a crash would repeat them.
 * Local ones recognise themselves.
 */
import type { Channel } from '../../protocol/mail.js';
import type { Settings } from '../../protocol/settings.js';

/**
 * Slots at work and deliveries not yet on disk, as a multiple of concurrencyremote: what a crash repeats at most. With 1 a
 * fast next hop would wait for our flushes.
 */
const parkedShare = 1.5;

export class Slots {
  readonly #used: Record<Channel, number> = { local: 0, remote: 0 };
  #most: Record<Channel, number>;
  /** Remote deliveries that are over and whose outcome is not on disk: a crash would repeat them. */
  #parked = 0;

  constructor(settings: Settings) {
    this.#most = { local: settings.concurrencylocal, remote: settings.concurrencyremote };
  }

  resize(settings: Settings): void {
    this.#most = { local: settings.concurrencylocal, remote: settings.concurrencyremote };
  }

  used(channel: Channel): number {
    return this.#used[channel];
  }

  most(channel: Channel): number {
    return this.#most[channel];
  }

  free(channel: Channel): boolean {
    const used = this.#used[channel];
    const most = this.#most[channel];
    return used < most && (channel === 'local' || used + this.#parked < most * parkedShare);
  }

  take(channel: Channel): void {
    this.#used[channel] += 1;
  }

  give(channel: Channel): void {
    this.#used[channel] -= 1;
  }

  /** The delivery is over; its slot stays taken until `release`, so that what a crash repeats is bounded. */
  park(): void {
    this.#parked += 1;
  }

  /** So many parked deliveries are on disk. */
  release(count: number): void {
    this.#parked -= count;
  }

  get idle(): boolean {
    return this.#used.local === 0 && this.#used.remote === 0;
  }
}
