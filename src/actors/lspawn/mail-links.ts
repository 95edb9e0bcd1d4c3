/**
 * Links over which the node gives clients away that want their mailboxes: each comes with its connection, goes to a process of its
 * user, and the node hears the end. Looks at no mail; a link that says nonsense is closed, and its sessions end.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { acceptForDescriptors, takeDescriptors } from '../spawn/descriptor-socket.js';
import { gatherWrite } from '../spawn/gather.js';
import { type Frame, FrameReader } from '../spawn/lspawnd-frames.js';
import {
  decodeGift,
  decodeNumber,
  encodeAlive,
  encodeNotOpened,
  encodeNumber,
  endsOf,
  type Gift,
} from '../spawn/mailbox-gift.js';
import type { MailboxSession } from './mailbox-children.js';
import type { Mailboxes } from './mailboxes.js';

export interface MailLinksOptions {
  readonly mailboxes: Pick<Mailboxes, 'ask'>;
  readonly log: (line: string) => void;
}

class MailLink {
  readonly #socket: Socket;
  readonly #options: MailLinksOptions;
  readonly #reader = new FrameReader();
  /** Connections whose request is not whole yet. */
  readonly #connections: Socket[] = [];
  /** Undefined: not begun. */
  readonly #sessions = new Map<number, MailboxSession | undefined>();

  constructor(socket: Socket, options: MailLinksOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('error', () => undefined);
    socket.once('close', () => this.#over());
    takeDescriptors(socket, (octets, connection) => this.#taken(octets, connection));
  }

  #taken(octets: Buffer, connection: Socket | undefined): void {
    if (connection !== undefined) this.#connections.push(connection.on('error', () => undefined));
    const frames = this.#reader.push(octets);
    if (frames !== 'broken' && !this.#reader.broken && frames.every((frame) => this.#take(frame))) return;
    this.#options.log('lspawnd: malformed request for a mailbox, connection closed');
    this.#socket.destroy();
  }

  #take({ kind, payload }: Frame): boolean {
    if (kind === 'X') {
      const id = decodeNumber(payload);
      if (id !== undefined) this.#sessions.get(id)?.end();
      return id !== undefined;
    }
    const gift = kind === 'G' ? decodeGift(payload) : undefined;
    const connection = this.#connections.shift();
    const fits = gift !== undefined && connection !== undefined && endsOf(connection) === gift.ends;
    if (!fits || this.#sessions.has(gift.id)) {
      connection?.destroy();
      return false;
    }
    this.#open(gift, connection);
    return true;
  }

  #open({ id, request, rest }: Gift, socket: Socket): void {
    this.#sessions.set(id, undefined);
    const asker = {
      socket,
      rest,
      refuse: (line: string) => {
        // The node has the connection too: it answers.
        socket.destroy();
        this.#sessions.delete(id);
        this.#say(encodeNotOpened({ id, line }));
      },
      held: (session: MailboxSession) => {
        if (this.#socket.destroyed) session.end();
        this.#sessions.set(id, session);
        this.#say(encodeNumber('H', id));
      },
      alive: () => this.#say(encodeAlive([id])),
      over: () => {
        this.#sessions.delete(id);
        this.#say(encodeNumber('X', id));
      },
    };
    void this.#options.mailboxes.ask(asker, request, false);
  }

  #say(frame: Buffer): void {
    if (this.#socket.writable) gatherWrite(this.#socket, frame);
  }

  #over(): void {
    for (const connection of this.#connections) connection.destroy();
    for (const session of this.#sessions.values()) session?.end();
    this.#sessions.clear();
  }
}

/** A server for such links. */
export function mailLinks(options: MailLinksOptions): Server {
  return createServer({ pauseOnConnect: true, allowHalfOpen: true }, (accepted) => {
    const link = acceptForDescriptors(accepted);
    if (link === undefined) accepted.destroy();
    else new MailLink(link, options);
  });
}
