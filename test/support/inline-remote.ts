/** Real remote sessions in the thread of their node: what a pool thread does, without the thread. */
import type { RemoteReport } from '../../src/actors/messages.js';
import { BodyShelf } from '../../src/actors/remote/body-shelf.js';
import { createRemoteSession } from '../../src/actors/remote/worker.js';
import type { RemoteSlot, RemoteSlots, SessionStart } from '../../src/actors/spawn/remote-slots.js';

export class InlineRemote implements RemoteSlots {
  readonly threads = 0;
  readonly restarts = 0;
  #sessions = 0;

  open(start: SessionStart): RemoteSlot {
    const remote = createRemoteSession(start);
    const shelf = new BodyShelf();
    this.#sessions += 1;
    return {
      session: this.#sessions,
      usable: true,
      holds: () => false,
      deliver: async (delivery): Promise<RemoteReport> => {
        const body = shelf.bodyOf(delivery);
        if (!('status' in body)) return remote.deliver(delivery, body);
        return { outcomes: delivery.recipients.map(() => body), closed: false, timedOut: [] };
      },
      close: () => remote.close(),
    };
  }

  resize(): void {}

  async close(): Promise<void> {}
}
