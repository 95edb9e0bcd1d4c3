/**
 * Mailboxes that the node asks for on behalf of POP3 clients. Root checks name and password itself, so that the node alone can
 * open nobody's mail; then a process of the user gets the connection. Reads no mail.
 */
import type { Socket } from 'node:net';
import type { ByteString } from '../../protocol/mail.js';
import type { MailAccount, MailAccounts } from '../../store/mail-accounts.js';
import { checkerVerdict, startChecker } from '../spawn/checker-program.js';
import { FewAtOnce } from '../spawn/few-at-once.js';
import { busyLine, type MailboxRequest, refusedLine, troubleLine } from '../spawn/mailbox-request.js';
import type { MailboxChildren, MailboxSession } from './mailbox-children.js';
import type { Trust } from './trust.js';

export interface MailboxesOptions {
  readonly accounts: MailAccounts;
  /** Words of control/checkpassword; may throw. */
  readonly checker: () => readonly string[] | undefined;
  readonly children: MailboxChildren;
  readonly trust: Trust;
  /** Uid of the node. */
  readonly owner: number;
  readonly log: (line: string) => void;
}

/** Who wants a mailbox. */
export interface Asker {
  /** Paused, and the mailbox's own from here on. */
  readonly socket: Socket;
  /** What came from it already, for the session. */
  readonly rest: Uint8Array;
  /** Takes a line for the client: there is no session. */
  refuse(line: ByteString): void;
  /** The session has begun. */
  held(session: MailboxSession): void;
  /** The client did something lately. */
  alive(): void;
  /** The last word, once. */
  over(): void;
}

/** Checks at once: two leave the thread pool room for others. */
const checks = 2;
const checksWaiting = 256;
/** Programs of the checkpassword kind at once; each stays for its whole session. */
const mostPrograms = 100;
const none = new Uint8Array(0);

export class Mailboxes {
  readonly #options: MailboxesOptions;
  readonly #few = new FewAtOnce(checks, checksWaiting);
  #programs = 0;

  constructor(options: MailboxesOptions) {
    this.#options = options;
  }

  /** The connection is the session itself: its first line tells whether there is one. */
  open(socket: Socket, request: MailboxRequest): Promise<void> {
    socket.on('error', () => undefined);
    const nothing = (): void => undefined;
    const asker = { socket, rest: none, held: nothing, alive: nothing, over: nothing };
    return this.ask({ ...asker, refuse: (line) => answer(socket, line) }, request, true);
  }

  /** `program`: the socket may be given to a program of the checkpassword kind. */
  async ask(asker: Asker, request: MailboxRequest, program: boolean): Promise<void> {
    try {
      const words = this.#options.checker();
      if (words === undefined) await this.#byAccount(asker, request);
      else if (program) this.#byProgram(words, asker, request);
      // It was named a moment ago.
      else asker.refuse(troubleLine);
    } catch (error) {
      this.#trouble(asker, String(error));
    }
  }

  async #byAccount(asker: Asker, { user, secret, apop, timestamp }: MailboxRequest): Promise<void> {
    const { accounts } = this.#options;
    const verdict = apop
      ? accounts.verifyApop(user, secret, timestamp)
      : await this.#few.run(() => accounts.verify(user, secret));
    if (verdict === 'busy') asker.refuse(busyLine);
    else if (verdict.tag === 'refused') asker.refuse(refusedLine);
    else if (verdict.tag === 'trouble') this.#trouble(asker, verdict.text);
    else this.#give(asker, verdict.account);
  }

  #give(asker: Asker, { user, uid, gid, home }: MailAccount): void {
    const { owner, trust, children } = this.#options;
    if (uid === 0) this.#trouble(asker, `the mailbox of ${user} has uid 0, which serves no mail`);
    else if (uid !== owner && !trust.complete) this.#trouble(asker, untrusted(user));
    else {
      const session = children.serve(uid, gid, `${home}/Maildir`, asker);
      if (session === undefined) this.#trouble(asker, 'too many mailboxes are open');
      else asker.held(session);
    }
  }

  #byProgram(words: readonly string[], asker: Asker, request: MailboxRequest): void {
    // It runs as root: whoever can change the file would be root.
    if (!this.#options.trust.complete) this.#trouble(asker, untrusted(request.user));
    else if (this.#programs >= mostPrograms) this.#trouble(asker, 'too many mailboxes are open');
    else this.#runProgram(words, asker, request);
  }

  #runProgram(words: readonly string[], asker: Asker, request: MailboxRequest): void {
    const { socket } = asker;
    this.#programs += 1;
    const child = startChecker(words, request, [socket, socket, 'ignore']);
    let over = false;
    const ended = (code: number | null): void => {
      if (over) return;
      over = true;
      this.#programs -= 1;
      const verdict = checkerVerdict(code);
      if (verdict === 'refused') asker.refuse(refusedLine);
      else if (verdict === 'trouble') this.#trouble(asker, `control/checkpassword: ${words[0]} ended with ${code ?? 'a signal'}`);
      else socket.destroy();
    };
    child.once('error', () => ended(null));
    child.once('exit', ended);
  }

  #trouble(asker: Asker, text: string): void {
    this.#options.log(`lspawnd: pop3: ${text}`);
    asker.refuse(troubleLine);
  }
}

function untrusted(user: string): string {
  return `mailbox of ${user} not opened: the server's own uid can write the home, its users or control folder; give them to root`;
}

function answer(socket: Socket, line: string): void {
  socket.end(line, 'latin1', () => socket.destroy());
}
