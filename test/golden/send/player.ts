/**
 * A whole server in one thread of one process, case after case: real queue, real sessions, real mailboxes and programs,
 * for one uid, which stands in for every user. Tells over IPC; ends when its parent does.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Host } from '../../../src/actors/host.js';
import { Board } from '../../../src/actors/kernel/board.js';
import { systemClock } from '../../../src/actors/kernel/clock.js';
import { qpCounter } from '../../../src/actors/kernel/qp.js';
import type { PlacedActor } from '../../../src/actors/topology.js';
import { exportLine } from '../../../src/cli/control/export.js';
import { wholeMessage } from '../../../src/cli/control/store-pages.js';
import { compileRouting } from '../../../src/protocol/routing.js';
import type { Settings } from '../../../src/protocol/settings.js';
import { readSettings } from '../../../src/store/control-dir.js';
import { openLmdbQueue } from '../../../src/store/lmdb/open.js';
import type { QueueStore } from '../../../src/store/queue-store.js';
import { InlineRemote } from '../../support/inline-remote.js';
import type { PlayerAnswer, PlayerOrder, PlayerStart } from './player-messages.js';
import { SingleUidSlots } from './single-uid-slots.js';

const actors: readonly PlacedActor[] = ['inject', 'queue', 'send', 'rspawn', 'lspawn', 'clean', 'splogger'];

class Play {
  readonly #start: PlayerStart;
  readonly #board = new Board();
  readonly #store: QueueStore;
  readonly #host: Host;
  readonly log: string[] = [];

  constructor(start: PlayerStart, settings: Settings, store: QueueStore) {
    this.#start = start;
    this.#store = store;
    let partial = '';
    this.#host = new Host({
      actors,
      settings,
      clock: systemClock,
      board: this.#board,
      nextQp: qpCounter(process.pid, 0, 1),
      queueDir: join(start.home, 'queue'),
      fatal: (reason) => this.log.push(`fatal: ${reason}`),
      log: {
        lost: 0,
        close: async () => undefined,
        dropped: 0,
        moves: true,
        write: (text) => {
          const lines = (partial + text).split('\n');
          partial = lines.pop() ?? '';
          this.log.push(...lines);
        },
      },
      store,
      remoteSlots: new InlineRemote(),
      localSlots: new SingleUidSlots(start, store.nonce),
      queueSocket: join(start.home, 'run/queue.sock'),
    });
  }

  static async begin(start: PlayerStart): Promise<Play> {
    process.env.TQMAIL_PASSWD = start.passwd;
    const settings = await settingsOf(start);
    const store = await openLmdbQueue({ dir: join(start.home, 'queue'), create: true });
    const play = new Play(start, settings, store);
    await play.#host.start();
    return play;
  }

  figures(): PlayerAnswer {
    const counters = this.#host.counters();
    return { log: this.log, messages: this.#store.count(), jobs: Number(counters['send.jobs']) };
  }

  async signal(signal: string): Promise<void> {
    if (signal === 'SIGHUP') this.#host.reload(await settingsOf(this.#start));
    else await this.#host.allDue();
  }

  async stop(): Promise<PlayerAnswer> {
    this.#board.set('draining', true);
    await this.#host.drain();
    const left = this.#store.count();
    await this.#host.stop();
    this.#host.end();
    return { log: this.log, exported: left === 0 ? [] : await this.#left() };
  }

  /** Read anew from the disk, as a command does after the server's end. */
  async #left(): Promise<string[]> {
    const { route } = compileRouting(await settingsOf(this.#start));
    const store = await openLmdbQueue({ dir: join(this.#start.home, 'queue') });
    const lines = store.list(0, 1000).map((head) => exportLine(wholeMessage(store, head), route));
    await store.close();
    return lines;
  }
}

async function settingsOf({ home, defaultDelivery }: PlayerStart): Promise<Settings> {
  const read = await readSettings(home);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return { ...read.settings, defaultdelivery: defaultDelivery };
}

let play: Play | undefined;

async function obey(order: PlayerOrder): Promise<PlayerAnswer> {
  if (order.type === 'start') {
    play = await Play.begin(order);
    return {};
  }
  if (play === undefined) throw new Error('nothing is played');
  if (order.type === 'figures') return play.figures();
  if (order.type === 'stop') return play.stop();
  await play.signal(order.signal);
  return {};
}

process.umask(0o077);
// A file that this uid cannot read would show as a strange failure of every case.
readFileSync(new URL(import.meta.url));
process.on('message', (order: PlayerOrder) => {
  obey(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
