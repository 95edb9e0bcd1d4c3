/**
 * Processes that serve mailboxes, one a user: started when first needed, given each client's connection, ended when idle.
 * What they say is a user's word and counts for nothing but when they may end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { ChildCommand } from './child.js';

/** One process. */
interface MailboxChild {
  readonly process: ChildProcess;
  /** Connections that it has and has not told the end of. */
  open: number;
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

/** Connections of one user at once. */
const mostOpen = 1_000;

export class MailboxChildren {
  readonly #options: MailboxChildrenOptions;
  readonly #byUser = new Map<string, MailboxChild>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: MailboxChildrenOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#sweep(), Math.max(100, options.idle / 4));
    this.#timer.unref();
  }

  /** Gives the connection away, with the Maildir that it asks for; false when there can be no process now. */
  serve(uid: number, gid: number, maildir: string, socket: Socket): boolean {
    const child = this.#of(uid, gid);
    if (child === undefined || child.open >= mostOpen) return false;
    child.open += 1;
    child.lastUse = performance.now();
    child.process.send({ maildir }, socket, (error) => {
      if (error !== null) socket.destroy();
    });
    return true;
  }

  #of(uid: number, gid: number): MailboxChild | undefined {
    const key = `${uid}:${gid}`;
    const known = this.#byUser.get(key);
    if (known?.process.connected) return known;
    if (this.#byUser.size >= this.#options.limit && !this.#makeRoom()) return undefined;
    const { program, args, environment } = this.#options.command;
    // Node clears the supplementary groups itself when a uid is given.
    const started = spawn(program, args, { uid, gid, cwd: '/', env: environment, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const child: MailboxChild = { process: started, open: 0, lastUse: performance.now() };
    const gone = (): void => {
      if (this.#byUser.get(key) === child) this.#byUser.delete(key);
    };
    started.on('message', () => {
      child.open = Math.max(0, child.open - 1);
      child.lastUse = performance.now();
    });
    started.once('error', gone);
    started.once('exit', gone);
    this.#byUser.set(key, child);
    return child;
  }

  #makeRoom(): boolean {
    for (const [key, child] of this.#byUser) if (child.open === 0) return this.#finish(key, child);
    return false;
  }

  #finish(key: string, child: MailboxChild): boolean {
    this.#byUser.delete(key);
    if (child.process.connected) child.process.disconnect();
    return true;
  }

  #sweep(): void {
    const before = performance.now() - this.#options.idle;
    for (const [key, child] of this.#byUser) if (child.open === 0 && child.lastUse < before) this.#finish(key, child);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const child of this.#byUser.values()) child.process.kill('SIGTERM');
  }
}
