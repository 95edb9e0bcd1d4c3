/**
 * Clients that are given away: the connection of one that logs in goes to lspawnd with the request, and from there to a process of
 * the user, which talks to the client itself. This thread hears when such a session is alive and when it is over. One link a thread.
 */
import type { Socket } from 'node:net';
import type { ByteString } from '../../protocol/mail.js';
import { codeOf } from '../../store/octet-path.js';
import { LeanSocket } from '../net/lean-socket.js';
import { connectForDescriptors, giveDescriptor, takeDescriptors } from '../spawn/descriptor-socket.js';
import { FewAtOnce } from '../spawn/few-at-once.js';
import { type Frame, FrameReader } from '../spawn/lspawnd-frames.js';
import {
  decodeAlive,
  decodeNotOpened,
  decodeNumber,
  encodeGift,
  encodeNumber,
  endsOf,
  largestGift,
  mostGifts,
} from '../spawn/mailbox-gift.js';
import { busyLine, type MailboxRequest, refusedLine } from '../spawn/mailbox-request.js';
import type { Client, Given, Opened } from './opened-mailbox.js';

const waiting = 256;

/** A session from the gift to its end. */
interface Session {
  settle: ((opened: Opened) => void) | undefined;
  alive: () => void;
  over: () => void;
}

export class Gifts {
  readonly #path: string;
  readonly #few = new FewAtOnce(mostGifts, waiting);
  readonly #sessions = new Map<number, Session>();
  #link: Promise<Socket | string> | undefined;
  #reader = new FrameReader();
  #last = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** `unfit`: this client, or this Node, needs another way. */
  async open(request: MailboxRequest, client: Client): Promise<Opened | 'unfit'> {
    const opened = await this.#few.run(() => this.#give(request, client));
    return opened === 'busy' ? { tag: 'busy' } : opened;
  }

  async #give(request: MailboxRequest, { socket, rest }: Client): Promise<Opened | 'unfit'> {
    // Node's own sockets read ahead when they are paused; what they read would be missing elsewhere.
    if (!(socket instanceof LeanSocket)) return 'unfit';
    const id = ++this.#last;
    const gift = encodeGift({ id, request, ends: endsOf(socket), rest: rest() });
    if (gift.length > largestGift) return 'unfit';
    const link = await this.#linked();
    if (link === undefined) return 'unfit';
    if (typeof link === 'string') return { tag: 'trouble', text: `unable to reach lspawnd: ${link}` };
    if (socket.destroyed) return { tag: 'busy' };
    return new Promise((settle) => {
      this.#sessions.set(id, { settle, alive: () => undefined, over: () => undefined });
      // Before anything closes the client: a descriptor that is still to be sent must not be closed.
      if (!giveDescriptor(link, gift, socket.handle)) link.destroy();
    });
  }

  /** Undefined: this Node has no such links. */
  #linked(): Promise<Socket | string> | undefined {
    this.#link ??= this.#connect();
    return this.#link;
  }

  #connect(): Promise<Socket | string> | undefined {
    const link = connectForDescriptors(this.#path);
    if (link === undefined) return undefined;
    this.#reader = new FrameReader();
    takeDescriptors(link, (octets, connection) => {
      connection?.destroy();
      this.#received(link, octets);
    });
    link.once('close', () => this.#lost());
    return new Promise((settle) => {
      link.once('error', (error) => settle(codeOf(error)));
      link.once('connect', () => settle(link));
    });
  }

  /** lspawnd ends the sessions of a link that is gone. */
  #lost(): void {
    this.#link = undefined;
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const { settle, over } of sessions) {
      settle?.({ tag: 'trouble', text: 'lspawnd closed the connection' });
      over();
    }
  }

  #received(link: Socket, octets: Buffer): void {
    const frames = this.#reader.push(octets);
    if (frames === 'broken' || this.#reader.broken) link.destroy();
    else for (const frame of frames) this.#take(link, frame);
  }

  #take(link: Socket, { kind, payload }: Frame): void {
    if (kind === 'L') {
      for (const id of decodeAlive(payload)) this.#sessions.get(id)?.alive();
      return;
    }
    if (kind === 'N') {
      const not = decodeNotOpened(payload);
      if (not !== undefined) this.#settle(not.id, notOpened(not.line));
      return;
    }
    const id = decodeNumber(payload);
    if (id === undefined) return;
    if (kind === 'H') this.#settle(id, this.#given(link, id));
    else this.#over(id);
  }

  #over(id: number): void {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    session?.settle?.({ tag: 'trouble', text: 'the process of the mailbox ended' });
    session?.over();
  }

  #settle(id: number, opened: Opened): void {
    const session = this.#sessions.get(id);
    const settle = session?.settle;
    if (session === undefined || settle === undefined) return;
    session.settle = undefined;
    if (opened.tag !== 'given') this.#sessions.delete(id);
    settle(opened);
  }

  #given(link: Socket, id: number): Given {
    return {
      tag: 'given',
      hear: (alive, over) => {
        const session = this.#sessions.get(id);
        if (session === undefined) over();
        else Object.assign(session, { alive, over });
      },
      end: () => {
        if (this.#sessions.has(id)) link.write(encodeNumber('X', id));
      },
    };
  }
}

function notOpened(line: ByteString): Opened {
  if (line === refusedLine) return { tag: 'refused' };
  return line === busyLine ? { tag: 'busy' } : { tag: 'trouble', text: line.trim(), answer: line };
}
