/**
 * Processes that serve mailboxes, one a user: started when first needed, given each client's connection, ended when idle.
 * What they say is a user's word and counts for nothing but when they may end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { ChildCommand } from './child.js';
import { guardChannel } from './guarded-channel.js';

/** One process. */
interface MailboxChild {
  readonly process: ChildProcess;
  /** Sessions that it has not told the end of, by number. */
  readonly open: Map<number, MailboxGuest>;
  /**
   * What is handed over when it takes messages; undefined once it does. Before that Node would read the connections on its own, and
   * end one whose client says no more.
   */
  early: (() => void)[] | undefined;
  /** Monotonic milliseconds. */
  lastUse: number;
}

export interface MailboxChildrenOptions {
  readonly command: ChildCommand;
  /** Most processes at once: each takes some 40 MiB. */
  readonly limit: number;
  /** Milliseconds after which a process without a client ends. */
  readonly idle: number;
}

/** Whose session it is. */
export interface MailboxGuest {
  readonly socket: Socket;
  readonly rest: Uint8Array;
  alive(): void;
  over(): void;
}

export interface MailboxSession {
  /** Ends it. */
  end(): void;
}

/** What a mailbox process says. */
interface Word {
  readonly ready?: unknown;
  readonly over?: unknown;
  readonly alive?: unknown;
}

/** Connections of one user at once. */
const mostOpen = 1_000;

export class MailboxChildren {
  readonly #options: MailboxChildrenOptions;
  readonly #byUser = new Map<string, MailboxChild>();
  readonly #timer: NodeJS.Timeout;
  #last = 0;

  constructor(options: MailboxChildrenOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#sweep(), Math.max(100, options.idle / 4));
    this.#timer.unref();
  }

  /** Gives the guest's connection away, with the Maildir that it asks for; undefined when there can be no process now. */
  serve(uid: number, gid: number, maildir: string, guest: MailboxGuest): MailboxSession | undefined {
    const child = this.#of(uid, gid);
    if (child === undefined || child.open.size >= mostOpen) return undefined;
    const id = ++this.#last;
    child.open.set(id, guest);
    child.lastUse = performance.now();
    const rest = guest.rest.length === 0 ? {} : { rest: Buffer.from(guest.rest).toString('latin1') };
    const hand = (): void => {
      child.process.send({ maildir, id, ...rest }, guest.socket, (error) => {
        if (error === null) return;
        guest.socket.destroy();
        over(child, id);
      });
    };
    if (child.early === undefined) hand();
    else child.early.push(hand);
    return {
      end: () => {
        const tell = (): void => void (child.process.connected && child.process.send({ end: id }));
        if (child.early !== undefined) child.early.push(tell);
        else if (child.open.has(id)) tell();
      },
    };
  }

  #of(uid: number, gid: number): MailboxChild | undefined {
    const key = `${uid}:${gid}`;
    const known = this.#byUser.get(key);
    if (known?.process.connected) return known;
    if (this.#byUser.size >= this.#options.limit && !this.#makeRoom()) return undefined;
    const { program, args, environment } = this.#options.command;
    // Node clears the supplementary groups itself when a uid is given.
    const started = spawn(program, args, { uid, gid, cwd: '/', env: environment, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    guardChannel(started);
    const child: MailboxChild = { process: started, open: new Map(), early: [], lastUse: performance.now() };
    const gone = (): void => {
      if (this.#byUser.get(key) === child) this.#byUser.delete(key);
      for (const [id, { socket }] of [...child.open]) {
        socket.destroy();
        over(child, id);
      }
    };
    started.on('message', (word: Word | null) => heard(child, word ?? {}));
    // Also what is to be sent to a process that is on its way out.
    started.on('error', gone);
    started.once('exit', gone);
    this.#byUser.set(key, child);
    return child;
  }

  #makeRoom(): boolean {
    for (const [key, child] of this.#byUser) if (child.open.size === 0) return this.#finish(key, child);
    return false;
  }

  #finish(key: string, child: MailboxChild): boolean {
    this.#byUser.delete(key);
    if (child.process.connected) child.process.disconnect();
    return true;
  }

  #sweep(): void {
    const before = performance.now() - this.#options.idle;
    for (const [key, child] of this.#byUser) if (child.open.size === 0 && child.lastUse < before) this.#finish(key, child);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const child of this.#byUser.values()) child.process.kill('SIGTERM');
  }
}

function over(child: MailboxChild, id: number): void {
  const guest = child.open.get(id);
  child.open.delete(id);
  child.lastUse = performance.now();
  guest?.over();
}

/** Numbers that are not its own say nothing. */
function heard(child: MailboxChild, { ready, over: ended, alive }: Word): void {
  if (ready === true) {
    const { early } = child;
    child.early = undefined;
    for (const say of early ?? []) say();
  }
  if (typeof ended === 'number') over(child, ended);
  if (Array.isArray(alive)) for (const id of alive.slice(0, mostOpen)) child.open.get(id)?.alive();
}
