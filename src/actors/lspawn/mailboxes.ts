/**
 * Mailboxes that the node asks for on behalf of POP3 clients. Root checks name and password itself, so that the node alone can
 * open nobody's mail; then a process of the user gets the connection. Reads no mail.
 */
import type { Socket } from 'node:net';
import type { MailAccount, MailAccounts } from '../../store/mail-accounts.js';
import { checkerVerdict, startChecker } from '../spawn/checker-program.js';
import { FewAtOnce } from '../spawn/few-at-once.js';
import { busyLine, type MailboxRequest, refusedLine, troubleLine } from '../spawn/mailbox-request.js';
import type { MailboxChildren } from './mailbox-children.js';
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

/** Checks at once: two leave the thread pool room for others. */
const checks = 2;
const checksWaiting = 256;
/** Programs of the checkpassword kind at once; each stays for its whole session. */
const mostPrograms = 100;

export class Mailboxes {
  readonly #options: MailboxesOptions;
  readonly #few = new FewAtOnce(checks, checksWaiting);
  #programs = 0;

  constructor(options: MailboxesOptions) {
    this.#options = options;
  }

  /** `socket` is paused and this one's own now. */
  async open(socket: Socket, request: MailboxRequest): Promise<void> {
    socket.on('error', () => undefined);
    try {
      const words = this.#options.checker();
      if (words !== undefined) this.#byProgram(words, socket, request);
      else await this.#byAccount(socket, request);
    } catch (error) {
      this.#trouble(socket, String(error));
    }
  }

  async #byAccount(socket: Socket, { user, secret, apop }: MailboxRequest): Promise<void> {
    if (apop) return answer(socket, refusedLine);
    const verdict = await this.#few.run(() => this.#options.accounts.verify(user, secret));
    if (verdict === 'busy') answer(socket, busyLine);
    else if (verdict.tag === 'refused') answer(socket, refusedLine);
    else if (verdict.tag === 'trouble') this.#trouble(socket, verdict.text);
    else this.#give(socket, verdict.account);
  }

  #give(socket: Socket, { user, uid, gid, home }: MailAccount): void {
    const { owner, trust, children } = this.#options;
    if (uid === 0) this.#trouble(socket, `the mailbox of ${user} has uid 0, which serves no mail`);
    else if (uid !== owner && !trust.complete) this.#trouble(socket, untrusted(user));
    else if (!children.serve(uid, gid, `${home}/Maildir`, socket)) this.#trouble(socket, 'too many mailboxes are open');
  }

  #byProgram(words: readonly string[], socket: Socket, request: MailboxRequest): void {
    // It runs as root: whoever can change the file would be root.
    if (!this.#options.trust.complete) this.#trouble(socket, untrusted(request.user));
    else if (this.#programs >= mostPrograms) this.#trouble(socket, 'too many mailboxes are open');
    else this.#runProgram(words, socket, request);
  }

  #runProgram(words: readonly string[], socket: Socket, request: MailboxRequest): void {
    this.#programs += 1;
    const child = startChecker(words, request, [socket, socket, 'ignore']);
    let over = false;
    const ended = (code: number | null): void => {
      if (over) return;
      over = true;
      this.#programs -= 1;
      const verdict = checkerVerdict(code);
      if (verdict === 'refused') answer(socket, refusedLine);
      else if (verdict === 'trouble')
        this.#trouble(socket, `control/checkpassword: ${words[0]} ended with ${code ?? 'a signal'}`);
      else socket.destroy();
    };
    child.once('error', () => ended(null));
    child.once('exit', ended);
  }

  #trouble(socket: Socket, text: string): void {
    this.#options.log(`lspawnd: pop3: ${text}`);
    answer(socket, troubleLine);
  }
}

function untrusted(user: string): string {
  return `mailbox of ${user} not opened: the server's own uid can write the home, its users or control folder; give them to root`;
}

function answer(socket: Socket, line: string): void {
  socket.end(line, 'latin1', () => socket.destroy());
}
