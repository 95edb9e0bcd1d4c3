/**
 * lspawnd, the small root process: requests come over a unix socket that only the node's uid can
 * open; each is looked up here and handed to a delivery child of its user. Parses no mail.
 */
import { Buffer } from 'node:buffer';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { internalOutcome } from '../../protocol/local-report.js';
import type { Outcome } from '../../protocol/mail.js';
import { gatherWrite } from '../spawn/gather.js';
import { type Frame, FrameReader, frameRoom } from '../spawn/lspawnd-frames.js';
import { decodeDelivery, decodePiece, encodeReport, readdressed, type WireDelivery } from '../spawn/lspawnd-messages.js';
import { decodeMailbox } from '../spawn/mailbox-request.js';
import type { DeliveryChild } from './child.js';
import type { Children } from './children.js';
import { type LookupSources, lookUp } from './lookup.js';
import type { Mailboxes } from './mailboxes.js';

export interface LspawndOptions extends LookupSources {
  readonly socket: string;
  readonly children: Children;
  /** Deliveries that one connection may have under way. */
  readonly deliveries: number;
  readonly log: (line: string) => void;
  /** Absent: no mailboxes are opened here. */
  readonly mailboxes?: Mailboxes;
}

/** Pieces of a body that may wait for its user to be looked up. */
const mostHeld = 8;

/** Where the pieces of a delivery go; until the user is known they are held. */
interface Route {
  child: DeliveryChild | undefined;
  number: number;
  /** More of its body is to come. */
  arriving: boolean;
  readonly held: (readonly ['B' | 'E', Buffer])[];
}

let lastNumber = 0;
/** A child copies its frame at once. */
const room = frameRoom();

/** One connection of the node. */
class Connection {
  readonly #socket: Socket;
  readonly #options: LspawndOptions;
  readonly #reader = new FrameReader();
  readonly #routes = new Map<number, Route>();

  constructor(socket: Socket, options: LspawndOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.once('end', () => socket.end());
    socket.once('close', () => this.#lost());
  }

  /** Nobody waits for a report any more; a child that waits for the rest of a body would wait for ever. */
  #lost(): void {
    for (const { child, number, arriving } of this.#routes.values())
      if (arriving) child?.pass('E', number, Buffer.from('0', 'latin1'));
  }

  #receive(chunk: Buffer): void {
    const frames = this.#reader.push(chunk);
    if (frames !== 'broken' && !this.#reader.broken && frames.every((frame) => this.#take(frame))) return;
    this.#options.log('lspawnd: malformed request, connection closed; deliveries under way go on');
    this.#socket.destroy();
  }

  #take(frame: Frame): boolean {
    if (frame.kind === 'P') return this.#mailbox(frame);
    if (frame.kind === 'D') {
      const delivery = decodeDelivery(frame.payload);
      if (delivery === undefined || this.#routes.has(delivery.id) || this.#routes.size >= this.#options.deliveries) return false;
      const route: Route = { child: undefined, number: ++lastNumber, arriving: delivery.body === undefined, held: [] };
      this.#routes.set(delivery.id, route);
      void this.#start(delivery, frame.payload, route).catch(() => this.#refuse(delivery.id, internalOutcome(118)));
      return true;
    }
    const piece = decodePiece(frame.payload);
    if (piece === undefined || (frame.kind !== 'B' && frame.kind !== 'E')) return false;
    const route = this.#routes.get(piece.id);
    // Pieces of a delivery that is over are on their way still: they are dropped.
    if (route === undefined) return true;
    if (frame.kind === 'E') route.arriving = false;
    if (route.child !== undefined) route.child.pass(frame.kind, route.number, piece.bytes);
    else if (route.held.push([frame.kind, Buffer.from(piece.bytes)]) > mostHeld) return false;
    return true;
  }

  /** The connection is a POP3 session from here on; nothing may be under way on it. */
  #mailbox(frame: Frame): boolean {
    const { mailboxes } = this.#options;
    const request = decodeMailbox(frame.payload);
    if (mailboxes === undefined || request === undefined || this.#routes.size > 0) return false;
    this.#socket.removeAllListeners('data');
    this.#socket.removeAllListeners('end');
    this.#socket.pause();
    readNoMore(this.#socket);
    // The stream has one look for more to do in this turn, and a program that is started now would make it read again.
    setImmediate(() => void mailboxes.open(this.#socket, request));
    return true;
  }

  async #start(delivery: WireDelivery, payload: Buffer, route: Route): Promise<void> {
    const found = await lookUp(delivery.local, this.#options);
    // Whoever asked is gone, and the next one asks again.
    if (this.#socket.destroyed) return;
    if (found.tag === 'refused') return this.#refuse(delivery.id, found.outcome);
    const { uid, gid, user, home, dash, ext } = found.user;
    const child = this.#options.children.of(uid, gid);
    if (child === undefined) return this.#refuse(delivery.id, internalOutcome(118));
    const { defaultDelivery } = found;
    const frame = readdressed(payload, { id: route.number, user, home, dash, ext, defaultDelivery }, room);
    child.deliver(
      route.number,
      { id: delivery.id, reply: (answer) => this.#reply(delivery.id, answer) },
      frame,
      performance.now(),
    );
    route.child = child;
    for (const [kind, bytes] of route.held) child.pass(kind, route.number, bytes);
    route.held.length = 0;
  }

  /** Passes a frame of the child on; a report ends the delivery. */
  #reply(id: number, answer: Buffer): void {
    if (answer[4] === 'R'.charCodeAt(0)) this.#routes.delete(id);
    if (this.#socket.writable) gatherWrite(this.#socket, answer);
  }

  #refuse(id: number, outcome: Outcome): void {
    this.#reply(id, encodeReport(id, { outcomes: [outcome] }));
  }
}

/**
 * A paused socket still reads ahead; what it reads would be missing in the process that gets the connection. Node offers
 * no other way to stop that, and takes `reading` for true still, so that it does not begin again.
 */
function readNoMore(socket: Socket): void {
  (socket as unknown as { readonly _handle?: { readStop(): void } | null })._handle?.readStop();
}

export function listen(options: LspawndOptions): Server {
  const server = createServer({ allowHalfOpen: true }, (socket) => new Connection(socket, options));
  listenAs(options.owner, server, options.socket);
  return server;
}

/** Opens the socket as the node's uid, so that no file is ever given away by root. Throws when it cannot. */
export function listenAs(owner: number, server: Server, path: string): void {
  const root = process.getuid?.() === 0;
  if (root) process.seteuid?.(owner);
  const umask = process.umask(0o177);
  try {
    rmSync(path, { force: true });
    server.listen(path);
    chmodSync(path, 0o600);
  } finally {
    process.umask(umask);
    if (root) process.seteuid?.(0);
  }
}
