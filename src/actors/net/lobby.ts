/**
 * Clients about whom others are being asked: how many there may be, in all and of one address, and how all are shown
 * out. They hold a descriptor each and are not yet counted by the listener's own bounds.
 */

import { type AdmissionLimits, isLoopback } from './admission.js';
import type { Connected } from './connected.js';

export interface LobbyPlace {
  readonly socket: Connected;
  readonly address: string;
}

export class Lobby {
  readonly #places = new Set<LobbyPlace>();
  readonly #ofAddress = new Map<string, number>();

  /** Undefined: there is no room. */
  enter(
    socket: Connected,
    address: string,
    limits: Pick<AdmissionLimits, 'mostWaiting' | 'mostPerAddress'>,
  ): LobbyPlace | undefined {
    const here = this.#ofAddress.get(address) ?? 0;
    if (this.#places.size >= limits.mostWaiting) return undefined;
    if (here >= limits.mostPerAddress && !isLoopback(address)) return undefined;
    // A client that resets its connection meanwhile is no fault of ours.
    socket.on('error', () => undefined);
    const place = { socket, address };
    this.#places.add(place);
    this.#ofAddress.set(address, here + 1);
    return place;
  }

  leave(place: LobbyPlace): void {
    if (!this.#places.delete(place)) return;
    const left = (this.#ofAddress.get(place.address) ?? 1) - 1;
    if (left > 0) this.#ofAddress.set(place.address, left);
    else this.#ofAddress.delete(place.address);
  }

  empty(): void {
    for (const place of [...this.#places]) {
      this.leave(place);
      place.socket.destroy();
    }
  }
}
