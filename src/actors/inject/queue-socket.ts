/**
 * The node's side of run/queue.sock (mode 0666): takes messages from qmail-queue and answers with its exit code.
 * Bounded: so many messages at once, the rest waits unread; a silent client is dropped.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Submission, Submitted } from '../messages.js';
import { type Frame, FrameReader, frame, protocolVersion } from './frames.js';
import { type BodyWriter, Intake, type Verdict } from './intake.js';

export interface QueueSocketOptions {
  /** Absolute path of the socket; a file that is there is replaced: the caller holds the lock of the home. */
  readonly path: string;
  readonly submit: (submission: Submission) => Promise<Submitted>;
  readonly createBodyFile: () => Promise<BodyWriter>;
  readonly spillLimit: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Messages taken at the same time; default 64. */
  readonly atOnce?: number;
  /** Milliseconds without a frame after which a client is dropped; default 20 minutes. */
  readonly idleMs?: number;
}

export interface QueueSocket {
  /** Takes no new client; resolves when those now served are done or `graceMs` are over. */
  close(graceMs: number): Promise<void>;
}

const mostWaiting = 1024;
const badProtocol: Verdict = { code: 81, text: 'the client speaks another version of the queue protocol' };

/** Resolves when the socket takes connections. Rejects with the system's error. */
export function serveQueueSocket(options: QueueSocketOptions): Promise<QueueSocket> {
  const atOnce = options.atOnce ?? 64;
  const served = new Set<Socket>();
  const waiting: Socket[] = [];
  const next = (): void => {
    const socket = served.size < atOnce ? waiting.shift() : undefined;
    if (socket === undefined) return;
    served.add(socket);
    socket.once('close', () => {
      served.delete(socket);
      next();
    });
    new Handover(socket, options).begin();
  };
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    if (waiting.length >= mostWaiting) return void socket.destroy();
    waiting.push(socket);
    next();
  });
  rmSync(options.path, { force: true });
  return new Promise((settle, fail) => {
    server.once('error', fail);
    server.listen(options.path, () => {
      chmodSync(options.path, 0o666);
      settle({ close: (graceMs) => closeServer(server, served, waiting, graceMs) });
    });
  });
}

function closeServer(server: Server, served: ReadonlySet<Socket>, waiting: readonly Socket[], graceMs: number): Promise<void> {
  return new Promise((settle) => {
    server.close(() => settle());
    for (const socket of waiting) socket.destroy();
    const timer = setTimeout(() => {
      for (const socket of served) socket.destroy();
    }, graceMs);
    server.once('close', () => clearTimeout(timer));
  });
}

/** One client: frames in, one answer out. */
class Handover {
  readonly #socket: Socket;
  readonly #options: QueueSocketOptions;
  readonly #frames = new FrameReader();
  #intake: Intake | undefined;
  #over = false;

  constructor(socket: Socket, options: QueueSocketOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  begin(): void {
    const socket = this.#socket;
    socket.setTimeout(this.#options.idleMs ?? 1_200_000, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => void this.#chunk(chunk));
    socket.on('close', () => {
      if (!this.#over) void this.#intake?.discard();
      this.#over = true;
    });
    socket.resume();
  }

  async #chunk(chunk: Buffer): Promise<void> {
    // After the answer the client's rest is read and dropped, so that it gets to see the answer.
    if (this.#over) return;
    const taken: Frame[] = [];
    if (!this.#frames.read(chunk, (one) => taken.push(one))) return this.#answer(badProtocol);
    this.#socket.pause();
    for (const one of taken) {
      if (this.#over) break;
      await this.#frame(one);
    }
    this.#socket.resume();
  }

  async #frame({ letter, octets }: Frame): Promise<void> {
    const intake = this.#intake;
    if (letter === 'H' && intake === undefined) return this.#hello(Buffer.from(octets).toString('latin1'));
    if (intake === undefined) return this.#answer(badProtocol);
    if (letter === 'M') await intake.message(octets);
    else if (letter === 'E') intake.envelope(octets);
    else if (letter !== 'C') return this.#answer(badProtocol);
    if (intake.failure !== undefined || letter === 'C') this.#answer(await intake.commit(this.#options.submit));
  }

  #hello(text: string): void {
    const [version, uid, qp] = text.split(' ').map(Number);
    if (version !== protocolVersion || !Number.isSafeInteger(uid) || !Number.isSafeInteger(qp)) {
      this.#answer(badProtocol);
      return;
    }
    const { now, spillLimit, createBodyFile } = this.#options;
    const seconds = Math.floor(now() / 1000);
    this.#intake = new Intake({ uid: uid ?? 0, qp: qp ?? 0, now: seconds, spillLimit, createBodyFile });
  }

  #answer({ code, text }: Verdict): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.end(frame('R', Buffer.from(`${code} ${text}`.slice(0, 1000), 'latin1')));
  }
}
