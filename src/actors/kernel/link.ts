/**
 * The way to another thread: one MessagePort, one post a tick with everything that collected, answers
 * on the same port. It means the same as a message inside a thread. It never blocks and never grows
 * without bound: when the other side is too many posts behind, tells are refused and asks answered `full`.
 */
import type { MessagePort } from 'node:worker_threads';
import { Outgoing, type Post, payloadOf } from './batch.js';

/** Posts that the other thread may be behind before this side stops sending. */
const mostBehind = 256;
/** Posts received after which the other side is told, if nothing else goes there. */
const tellAfter = 32;

/** What a link does with what arrives. */
export interface LinkTarget {
  /** A message for an actor of this thread; `answer` is undefined for a tell. */
  receive(edge: string, message: string, payload: unknown, answer: ((value: unknown) => void) | undefined): void;
  /** The answer to an ask of this thread. */
  answered(edge: string, ask: number, value: unknown): void;
  closed(link: Link): void;
}

export class Link {
  readonly #port: MessagePort;
  readonly #target: LinkTarget;
  readonly #out = new Outgoing();
  #scheduled = false;
  #posted = 0;
  #handledThere = 0;
  #handledHere = 0;
  #toldHere = 0;
  #closed = false;

  constructor(port: MessagePort, target: LinkTarget) {
    this.#port = port;
    this.#target = target;
    port.on('message', (post: Post) => this.#receive(post));
    port.on('close', () => this.#close());
  }

  /** True when a message may be added now. */
  get open(): boolean {
    return !this.#closed && this.#posted - this.#handledThere < mostBehind;
  }

  send(kind: 0 | 1, edge: string, message: string, ask: number, payload: unknown): void {
    this.#out.add(kind, edge, message, ask, payload);
    this.#schedule();
  }

  /** Posts what has collected without waiting for the end of the tick. */
  flush(): void {
    this.#flush();
  }

  close(): void {
    this.#flush();
    this.#port.close();
    this.#close();
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#closed || (this.#out.empty && this.#handledHere === this.#toldHere)) return;
    const { post, moved } = this.#out.take(this.#handledHere - this.#toldHere);
    this.#toldHere = this.#handledHere;
    this.#posted += 1;
    this.#port.postMessage(post, moved);
  }

  #receive(post: Post): void {
    this.#handledThere += post.handled;
    this.#handledHere += 1;
    for (const frame of post.frames) {
      const [kind, edge, message, ask] = frame;
      const payload = payloadOf(frame, post.pack);
      if (kind === 2) this.#target.answered(edge, ask, payload);
      else if (kind === 0) this.#target.receive(edge, message, payload, undefined);
      else this.#target.receive(edge, message, payload, (value) => this.#answer(edge, message, ask, value));
    }
    // An answer of its own would be answered for ever: only posts with frames are counted towards a telling.
    if (post.frames.length > 0 && this.#handledHere - this.#toldHere >= tellAfter) this.#schedule();
  }

  #answer(edge: string, message: string, ask: number, value: unknown): void {
    this.#out.add(2, edge, message, ask, value);
    this.#schedule();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#target.closed(this);
  }
}
