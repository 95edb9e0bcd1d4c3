/**
 * queue: makes messages durable and answers only after the flush. The one user of the store; every
 * other actor asks. It decides nothing about delivery.
 */
import { Destinations } from '../../protocol/destination.js';
import type { Settings } from '../../protocol/settings.js';
import { type QueueStore, StoreError } from '../../store/queue-store.js';
import type { Actor, ActorContext, Counters } from '../kernel/actor.js';
import type { Board } from '../kernel/board.js';
import { type Cancel, secondsOf } from '../kernel/clock.js';
import { ActivityLog } from '../kernel/log.js';
import type { Finish, Kept, Submission, Submitted } from '../messages.js';
import { FlushPace } from './flush-pace.js';
import { newMessage, queuedHint } from './new-message.js';
import { RecentBodies } from './recent-bodies.js';
import { waitingPage } from './waiting.js';

type Context = ActorContext<'queue'>;

/** How often the others learn whether there is room (milliseconds). */
const boardMs = 250;

class QueueActor implements Actor<'queue'> {
  readonly #context: Context;
  readonly #store: QueueStore;
  readonly #log: ActivityLog;
  readonly #board: Board;
  readonly #recent = new RecentBodies();
  readonly #pace = new FlushPace();
  #settings: Settings;
  #cancel: Cancel | undefined;
  #draining = false;
  #accepted = 0;
  #refused = 0;
  #finished = 0;

  constructor(context: Context, store: QueueStore, board: Board) {
    this.#board = board;
    this.#context = context;
    this.#settings = context.settings;
    this.#store = store;
    this.#log = new ActivityLog(context.peers.splogger, context.settings);
  }

  readonly handlers: Actor<'queue'>['handlers'] = {
    submit: (submission) => this.#submit(submission),
    todo: ({ after, limit }) => this.#store.todo(after, limit),
    recipients: ({ id, from, limit }) => this.#store.recipients(id, from, limit),
    head: (id) => this.#store.head(id),
    preprocess: ({ id, routed, due }) => {
      // Its first delivery is over, or too large: a body kept on would hold the whole post that brought it in memory.
      this.#recent.forget(id);
      return this.#kept(this.#store.preprocess(id, routed, due));
    },
    waiting: ({ names, at }) => waitingPage(this.#store, new Destinations(names, this.#settings), at),
    due: ({ channel, now, limit }) => ({
      entries: this.#store.due(channel, now, limit),
      next: this.#store.nextDue(channel)?.due,
    }),
    allDue: (now) => this.#kept(this.#store.allDue(now)),
    reschedule: (change) => this.#kept(this.#store.reschedule(change)),
    mark: (marks) => this.#kept(this.#store.mark(marks)),
    bounceText: (id) => this.#store.bounceText(id),
    finish: (finish) => this.#finish(finish),
    read: (id) => this.#recent.get(id) ?? this.#store.read(id),
    sweep: (now) => this.#sweep(now),
    keepLooked: (looked) => this.#kept(this.#store.keepLooked(looked)),
  };

  async #submit(submission: Submission): Promise<Submitted> {
    if (this.#draining) return this.#refuse('draining', 'the server is stopping');
    const trouble = this.#store.trouble();
    if (trouble !== undefined) return this.#refuse(trouble.why === 'full' ? 'full' : 'storage', trouble.text);
    const message = newMessage(submission, secondsOf(this.#context.clock));
    try {
      const id = await this.#timed(this.#store.accept(message));
      this.#accepted += 1;
      this.#recent.keep(id, message.body);
      // A hint: when it is lost, send finds the message by its own scan.
      this.#context.peers.send.tell('queued', queuedHint(id, message));
      return { tag: 'accepted', id };
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #finish(finish: Finish): Promise<Kept> {
    const bounce = finish.bounce === undefined ? undefined : newMessage(finish.bounce, secondsOf(this.#context.clock));
    try {
      const id = await this.#timed(this.#store.finish(finish.id, bounce));
      this.#recent.forget(finish.id);
      this.#finished += 1;
      // Told behind the answer, so that the log has the end of the message before the bounce's beginning.
      if (id !== undefined && bounce !== undefined) {
        setImmediate(() => this.#context.peers.send.tell('queued', queuedHint(id, bounce)));
      }
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  async #kept(change: Promise<void>): Promise<Kept> {
    try {
      await this.#timed(change);
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  async #timed<T>(change: Promise<T>): Promise<T> {
    const { clock } = this.#context;
    this.#pace.begin(clock.monotonic());
    try {
      return await change;
    } finally {
      this.#pace.end(clock.monotonic());
    }
  }

  async #sweep(now: number): Promise<Kept> {
    let removed = 0;
    try {
      ({ removed } = await this.#store.sweep(now));
    } catch (error) {
      // The system's: leftovers wait for the next sweep, mail goes on.
      this.#log.warning(`unfinished body files cannot be removed: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (removed > 0) this.#log.write({ event: 'info', text: `removed ${removed} unfinished body files` });
    return true;
  }

  #failed(error: unknown): Submitted {
    if (!(error instanceof StoreError)) throw error;
    const { why, text } = error.trouble;
    // After a failed commit the pages in memory cannot be trusted: the process starts anew from the disk.
    if (why === 'failed') this.#context.fatal(`queue store failed: ${text}`);
    return this.#refuse(why === 'full' ? 'full' : 'storage', text);
  }

  #refuse(why: 'full' | 'draining' | 'storage', text: string): Submitted {
    this.#refused += 1;
    return { tag: 'refused', why, text };
  }

  /** New mail is refused before its body is sent while there is no room for it. */
  start(): void {
    this.#cancel = this.#context.clock.every(boardMs, () => this.#board.set('full', this.#store.trouble()?.why === 'full'));
  }

  reload(settings: Settings): void {
    this.#settings = settings;
    this.#log.reload(settings);
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#draining = true;
    await this.#store.close();
  }

  counters(): Counters {
    const trouble = this.#store.trouble();
    return {
      'queue.messages': this.#store.count(),
      'queue.accepted': this.#accepted,
      'queue.refused': this.#refused,
      'queue.finished': this.#finished,
      'queue.flushMs': Math.round(this.#pace.ms(this.#context.clock.monotonic())),
      ...(trouble === undefined ? {} : { 'queue.trouble': trouble.text }),
    };
  }
}

export function createQueue(context: Context, store: QueueStore, board: Board): Actor<'queue'> {
  return new QueueActor(context, store, board);
}
