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
  /** Octets of all envelopes under way; default 64 MiB. */
  readonly mostEnvelopes?: number;
}

export interface QueueSocket {
  /** Takes no new client; resolves when those now served are done or `graceMs` are over. */
  close(graceMs: number): Promise<void>;
}

const mostWaiting = 1024;
/** Octets of all envelopes that are arriving: one of the largest kind, or very many of usual length. */
const mostEnvelopes = 64 * 1024 * 1024;
const badProtocol: Verdict = { code: 81, text: 'the client speaks another version of the queue protocol' };
const noMemory: Verdict = { code: 51, text: 'too many large envelopes are arriving' };

/** Resolves when the socket takes connections. Rejects with the system's error. */
export function serveQueueSocket(options: QueueSocketOptions): Promise<QueueSocket> {
  const atOnce = options.atOnce ?? 64;
  const served = new Set<Socket>();
  const waiting: Socket[] = [];
  const envelopes: Octets = { held: 0 };
  const next = (): void => {
    const socket = served.size < atOnce ? waiting.shift() : undefined;
    if (socket === undefined) return;
    served.add(socket);
    socket.once('close', () => {
      served.delete(socket);
      next();
    });
    new Handover(socket, options, envelopes).begin();
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
      server.off('error', fail);
      // An accept that fails (no descriptors left) is tried again by the next connection.
      server.on('error', () => undefined);
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

/** Shared by all clients. */
interface Octets {
  held: number;
}

/** One client: frames in, one answer out. */
class Handover {
  readonly #socket: Socket;
  readonly #options: QueueSocketOptions;
  readonly #envelopes: Octets;
  /** Octets of this client's envelope. */
  #held = 0;
  /** The queue has the message: what becomes of its body file is decided by the queue's answer alone. */
  #committing = false;
  /** The client left before its commit. */
  #abandoned = false;
  readonly #frames = new FrameReader();
  #intake: Intake | undefined;
  #over = false;

  constructor(socket: Socket, options: QueueSocketOptions, envelopes: Octets) {
    this.#socket = socket;
    this.#options = options;
    this.#envelopes = envelopes;
  }

  begin(): void {
    const socket = this.#socket;
    socket.setTimeout(this.#options.idleMs ?? 1_200_000, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => void this.#chunk(chunk));
    socket.on('close', () => {
      this.#abandoned = !this.#over && !this.#committing;
      if (this.#abandoned) void this.#intake?.discard();
      this.#over = true;
      if (!this.#committing) this.#release();
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
    // Its body may have become a file in the meantime.
    if (this.#abandoned) await this.#intake?.discard();
    this.#socket.resume();
  }

  async #frame({ letter, octets }: Frame): Promise<void> {
    const intake = this.#intake;
    if (letter === 'H' && intake === undefined) return this.#hello(Buffer.from(octets).toString('latin1'));
    if (intake === undefined) return this.#answer(badProtocol);
    if (letter === 'M') await intake.message(octets);
    else if (letter === 'E') await this.#envelope(intake, octets);
    else if (letter !== 'C') return this.#answer(badProtocol);
    if (!this.#over && (intake.failure !== undefined || letter === 'C')) await this.#commit(intake);
  }

  async #envelope(intake: Intake, octets: Uint8Array): Promise<void> {
    this.#held += octets.length;
    this.#envelopes.held += octets.length;
    if (this.#envelopes.held <= (this.#options.mostEnvelopes ?? mostEnvelopes)) return intake.envelope(octets);
    await intake.discard();
    this.#answer(noMemory);
    this.#release();
  }

  async #commit(intake: Intake): Promise<void> {
    this.#committing = true;
    this.#answer(await intake.commit(this.#options.submit));
    this.#release();
  }

  #release(): void {
    this.#envelopes.held -= this.#held;
    this.#held = 0;
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
