/**
 * A command's side of run/queue.sock: streams message and envelope to the running node and resolves to
 * qmail-queue's exit code.
 */
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { FrameReader, frame, longestFrame, protocolVersion } from './frames.js';
import type { Verdict } from './intake.js';

const lost: Verdict = { code: 53, text: 'the server went away before it had the message' };

/** An open connection to a node. */
export interface HandOver {
  message(chunk: Uint8Array): Promise<void>;
  envelope(chunk: Uint8Array): Promise<void>;
  /** The node's verdict when it has one already, before `commit`: the rest need not be sent. */
  early(): Verdict | undefined;
  commit(): Promise<Verdict>;
  /** Leaves without a message. */
  abandon(): void;
}

/** Undefined when no node listens there. */
export function handOver(path: string, uid: number, pid: number): Promise<HandOver | undefined> {
  // Without the name there is nobody to ask, and Node's network need not be loaded.
  if (!existsSync(path)) return Promise.resolve(undefined);
  return new Promise((settle) => {
    const socket = connect(path);
    socket.once('error', () => settle(undefined));
    socket.once('connect', () => {
      const connection = new Connection(socket);
      socket.write(frame('H', Buffer.from(`${protocolVersion} ${uid} ${pid}`, 'latin1')));
      settle(connection);
    });
  });
}

class Connection implements HandOver {
  readonly #socket: Socket;
  readonly #answered: Promise<Verdict>;
  #verdict: Verdict | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const frames = new FrameReader();
    this.#answered = new Promise((settle) => {
      const end = (verdict: Verdict): void => {
        this.#verdict ??= verdict;
        socket.destroy();
        settle(this.#verdict);
      };
      socket.on('data', (chunk: Buffer) => {
        const known = frames.read(chunk, ({ letter, octets }) => {
          if (letter === 'R') end(parseVerdict(Buffer.from(octets).toString('latin1')));
        });
        if (!known) end(lost);
      });
      socket.on('error', () => end(lost));
      socket.on('close', () => end(lost));
    });
  }

  message(chunk: Uint8Array): Promise<void> {
    return this.#send('M', chunk);
  }

  envelope(chunk: Uint8Array): Promise<void> {
    return this.#send('E', chunk);
  }

  early(): Verdict | undefined {
    return this.#verdict;
  }

  commit(): Promise<Verdict> {
    if (this.#verdict === undefined) this.#socket.write(frame('C', new Uint8Array(0)));
    return this.#answered;
  }

  abandon(): void {
    this.#socket.destroy();
  }

  async #send(letter: 'M' | 'E', chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length && this.#verdict === undefined; at += longestFrame) {
      if (this.#socket.write(frame(letter, chunk.subarray(at, at + longestFrame)))) continue;
      await Promise.race([this.#answered, new Promise<void>((settle) => this.#socket.once('drain', settle))]);
    }
  }
}

function parseVerdict(text: string): Verdict {
  const found = /^(\d{1,3}) ?(.*)$/s.exec(text);
  return found === null ? lost : { code: Number(found[1]), text: found[2] ?? '' };
}
