/**
 * A whole node in one thread: every actor, a fake clock, a queue in memory (or any store) and slots that a
 * script answers. `crash` drops it where it stands, as SIGKILL would; `OneThreadNode.on` the same store
 * is the next process.
 */
import { Host } from '../../src/actors/host.js';
import { isUnanswered } from '../../src/actors/kernel/actor.js';
import { Board } from '../../src/actors/kernel/board.js';
import { qpCounter } from '../../src/actors/kernel/qp.js';
import type { Submission, Submitted } from '../../src/actors/messages.js';
import type { PlacedListener } from '../../src/actors/net/open-listeners.js';
import type { LocalSlots } from '../../src/actors/spawn/local-slots.js';
import type { RemoteSlots } from '../../src/actors/spawn/remote-slots.js';
import type { PlacedActor } from '../../src/actors/topology.js';
import { parseSettings } from '../../src/protocol/control.js';
import type { Settings } from '../../src/protocol/settings.js';
import { MemoryQueue } from '../../src/store/memory-queue.js';
import type { QueueStore } from '../../src/store/queue-store.js';
import { FakeClock } from './fake-clock.js';
import { LogLines } from './log-lines.js';
import { type Script, ScriptedSlots } from './scripted-slots.js';
import { WatchedStore } from './watched-store.js';

export const birth = 1_700_000_000;
/** Turns of the event loop without any activity after which a node is at rest. */
const restTurns = 4;

const actors: readonly PlacedActor[] = ['smtpd', 'qmtpd', 'qmqpd', 'queue', 'send', 'rspawn', 'lspawn', 'clean', 'splogger'];

export function testSettings(over: Partial<Settings> = {}): Settings {
  const parsed = parseSettings(new Map([['me', 'mx.test.example\n']]));
  if (!('settings' in parsed)) throw new Error('settings of the tests are bad');
  return { ...parsed.settings, ...over };
}

export interface NodeParts {
  readonly settings?: Partial<Settings>;
  readonly script?: Script;
  readonly store?: QueueStore;
  readonly seconds?: number;
  readonly listeners?: readonly PlacedListener[];
  readonly queueDir?: string;
  readonly remoteSlots?: RemoteSlots;
  readonly localSlots?: LocalSlots;
}

export class OneThreadNode {
  readonly clock: FakeClock;
  readonly slots: ScriptedSlots;
  readonly store: QueueStore;
  readonly log = new LogLines();
  readonly board = new Board();
  readonly host: Host;
  readonly fatal: string[] = [];
  readonly watched: WatchedStore;
  #activity = 0;
  #settings: Settings;

  constructor(parts: NodeParts = {}) {
    const active = (): void => {
      this.#activity += 1;
    };
    this.clock = new FakeClock(parts.seconds ?? birth, () => this.settle());
    this.slots = new ScriptedSlots(parts.script ?? (() => 'K'), () => this.clock.seconds, active);
    this.store = parts.store ?? new MemoryQueue();
    this.watched = new WatchedStore(this.store, active);
    this.#settings = testSettings(parts.settings);
    this.host = new Host({
      actors,
      settings: this.#settings,
      clock: this.clock,
      board: this.board,
      nextQp: qpCounter(100, 0, 1),
      queueDir: parts.queueDir ?? '/nonexistent',
      fatal: (reason) => this.fatal.push(reason),
      log: this.log,
      store: this.watched.store,
      remoteSlots: parts.remoteSlots ?? this.slots,
      localSlots: parts.localSlots ?? this.slots,
      listeners: parts.listeners ?? [],
    });
  }

  static async started(parts: NodeParts = {}): Promise<OneThreadNode> {
    const node = new OneThreadNode(parts);
    await node.host.start();
    await node.settle();
    return node;
  }

  /** Resolves when nothing more happens by itself at this time. */
  async settle(): Promise<void> {
    for (let still = 0, seen = this.#activity; still < restTurns; ) {
      await new Promise(setImmediate);
      if (seen === this.#activity) still += 1;
      else still = 0;
      seen = this.#activity;
    }
  }

  /** Asks a message into the queue, as smtpd does. */
  async submit(sender: string, recipients: readonly string[], text = 'Subject: hello\r\n\r\nbody\r\n'): Promise<Submitted> {
    const bytes = Buffer.from(text, 'latin1');
    const body = { form: 'wire', bytes, size: bytes.length, unixSize: text.replaceAll('\r\n', '\n').length } as const;
    const submission: Submission = { origin: 'smtp', uid: 7791, qp: 4242, envelope: { sender, recipients }, ...body };
    const answer = await this.host.queue.ask('submit', submission);
    if (isUnanswered(answer)) throw new Error(`submit was not answered: ${answer.why}`);
    return answer;
  }

  async accepted(sender: string, recipients: readonly string[], text?: string): Promise<number> {
    const answer = await this.submit(sender, recipients, text);
    if (answer.tag !== 'accepted') throw new Error(`refused: ${answer.text}`);
    return answer.id;
  }

  reload(over: Partial<Settings>): Promise<void> {
    this.#settings = { ...this.#settings, ...over };
    this.host.reload(this.#settings);
    return this.settle();
  }

  /** Ends the node without a word: nothing of it reaches store, log or timers again. */
  crash(): void {
    this.watched.dead = true;
    this.log.deaf = true;
    this.clock.clear();
  }

  async stop(): Promise<void> {
    this.board.set('draining', true);
    await this.host.drain();
    await this.host.stop();
    this.host.end();
  }
}
