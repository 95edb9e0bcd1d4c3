/**
 * Local delivery through lspawnd: one connection, many deliveries at a time. Bodies in memory
 * travel with their delivery; files are opened here, by who owns the queue, and sent in pieces,
 * a few at a time. When the connection is lost its deliveries are deferred and may have been made.
 */
import type { Socket } from 'node:net';
import { errnoText } from '../../protocol/errno-text.js';
import { rawPieces } from '../../store/unix-message.js';
import type { LocalReport } from '../messages.js';
import { gatherWrite } from '../spawn/gather.js';
import { type Frame, FrameReader } from '../spawn/lspawnd-frames.js';
import {
  decodePiece,
  decodeReport,
  encodeDelivery,
  encodeEnd,
  encodePiece,
  inlineBody,
  pieceSize,
  pieceWindow,
} from '../spawn/lspawnd-messages.js';
import { bodyOf, type DeliveryWay, type LocalDelivererOptions } from './deliverer-types.js';
import { reach } from './reach.js';
import { Window } from './window.js';

const lostText = 'Connection to lspawnd lost.';
/** Milliseconds to wait for a socket that is not there. */
const patience = 5000;

interface Pending {
  readonly settle: (report: LocalReport) => void;
  /** Pieces that may still be sent. */
  readonly window: Window;
}

function deferred(text: string, lost: boolean): LocalReport {
  const outcomes = [{ status: 'Z', text: `${text} (#4.3.0)\n` }] as const;
  return lost ? { outcomes, lost } : { outcomes };
}

class LspawndClient {
  readonly #path: string;
  readonly #patience: number;
  #connecting: Promise<Socket | string> | undefined;
  #socket: Socket | undefined;
  #reader = new FrameReader();
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #closed = false;

  constructor(path: string, patience: number) {
    this.#path = path;
    this.#patience = patience;
  }

  /** Sends one delivery and waits for its report. */
  send(encode: (id: number) => Buffer, pieces: AsyncIterable<Uint8Array> | undefined): Promise<LocalReport> {
    this.#lastId += 2;
    return this.sendFrame(this.#lastId, encode(this.#lastId), pieces);
  }

  /** Sends a frame that has the number `id`, an odd one unless it came from here. */
  async sendFrame(id: number, frame: Uint8Array, pieces?: AsyncIterable<Uint8Array>): Promise<LocalReport> {
    const socket = this.#socket ?? (await this.#connect());
    if (typeof socket === 'string') return deferred(`Unable to reach lspawnd: ${this.#path}: ${errnoText(socket)}.`, false);
    return new Promise((settle) => {
      const pending: Pending = { settle, window: new Window(pieceWindow) };
      if (socket.destroyed) return settle(deferred(lostText, false));
      this.#pending.set(id, pending);
      gatherWrite(socket, frame);
      if (pieces !== undefined) void this.#sendPieces(socket, id, pending, pieces);
    });
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  async #sendPieces(socket: Socket, id: number, pending: Pending, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    let complete = true;
    try {
      for await (const whole of pieces) {
        for (let at = 0; at < whole.length; at += pieceSize) {
          if (!(await pending.window.take())) return;
          gatherWrite(socket, encodePiece(id, whole.subarray(at, at + pieceSize)));
        }
      }
    } catch {
      complete = false;
    }
    gatherWrite(socket, encodeEnd(id, complete));
  }

  #connect(): Promise<Socket | string> {
    this.#connecting ??= this.#attach().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #attach(): Promise<Socket | string> {
    const socket = await reach(this.#path, this.#patience);
    if (typeof socket === 'string') return socket;
    this.#socket = socket;
    this.#reader = new FrameReader();
    socket.on('error', () => undefined);
    socket.once('close', () => this.#lost());
    socket.on('data', (chunk: Buffer) => this.#receive(socket, chunk));
    if (this.#closed) socket.destroy();
    return socket;
  }

  #receive(socket: Socket, chunk: Buffer): void {
    const frames = this.#reader.push(chunk);
    if (frames === 'broken' || this.#reader.broken || !frames.every((frame) => this.#take(frame))) socket.destroy();
  }

  #take(frame: Frame): boolean {
    if (frame.kind === 'A') {
      const piece = decodePiece(frame.payload);
      if (piece !== undefined) this.#pending.get(piece.id)?.window.give();
      return piece !== undefined;
    }
    const answer = frame.kind === 'R' ? decodeReport(frame.payload) : undefined;
    if (answer === undefined) return false;
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    pending?.window.end();
    pending?.settle(answer.report);
    return true;
  }

  #lost(): void {
    this.#socket = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { settle, window } of pending) {
      window.end();
      settle(deferred(lostText, true));
    }
  }
}

export function createLspawndDeliverer(options: LocalDelivererOptions, path: string): DeliveryWay {
  const client = new LspawndClient(path, options.patience ?? patience);
  const { home, nonce, hostname } = options;
  const empty = { user: '', home: '', dash: '', ext: '', defaultDelivery: '' };
  return {
    deliverOne(delivery, { local, host }) {
      const body = bodyOf(delivery, home);
      if (body === undefined) return Promise.resolve(deferred('The message came without its body.', false));
      const { message, index: recipient, birth, sender, repeated } = delivery;
      const inline = 'bytes' in body && body.bytes.length <= inlineBody ? body.bytes : undefined;
      const wire = {
        ...empty,
        local,
        host,
        sender,
        message,
        recipient,
        birth,
        nonce,
        hostname,
        repeated,
        form: body.form,
        body: inline,
      };
      const encode = (id: number): Buffer => encodeDelivery({ id, ...wire });
      return client.send(encode, inline === undefined ? rawPieces(body) : undefined);
    },
    deliverFrame: (id, frame) => client.sendFrame(id, frame),
    async close() {
      client.close();
    },
  };
}
