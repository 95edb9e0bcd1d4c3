/**
 * The right to run deliveries: how many slots each channel has and how many are at work. `send` holds
 * exactly concurrencylocal and concurrencyremote of them and never starts more; 0 holds the channel.
 */
import type { Channel } from '../../protocol/mail.js';
import type { Settings } from '../../protocol/settings.js';

export class Slots {
  readonly #used: Record<Channel, number> = { local: 0, remote: 0 };
  #most: Record<Channel, number>;

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
    return this.#used[channel] < this.#most[channel];
  }

  take(channel: Channel): void {
    this.#used[channel] += 1;
  }

  give(channel: Channel): void {
    this.#used[channel] -= 1;
  }

  get idle(): boolean {
    return this.#used.local === 0 && this.#used.remote === 0;
  }
}
