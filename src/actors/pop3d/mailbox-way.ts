/**
 * How a login becomes a mailbox: in this process, for a server without root; through lspawnd; or by a program of the
 * checkpassword kind. Says nothing to the client.
 */
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { MailAccounts } from '../../store/mail-accounts.js';
import { checkerFile, checkerVerdict, startChecker } from '../spawn/checker-program.js';
import { FewAtOnce } from '../spawn/few-at-once.js';
import { giftSocket } from '../spawn/mailbox-gift.js';
import { encodeMailbox, type MailboxRequest, refusedLine } from '../spawn/mailbox-request.js';
import { Gifts } from './gifts.js';
import type { Client, MailboxWay, Opened, Tunnel } from './opened-mailbox.js';
import { reachLspawnd } from './reach-lspawnd.js';

/** Checks of passwords at once in this thread: each takes a core for some 40 ms, and 16 MiB. */
const checks = 2;
const checksWaiting = 256;
/** Milliseconds for another process to say something: one that hangs must not hold the place of others for ever. */
const usualPatienceMs = 60_000;

const trouble = (text: string): Opened => ({ tag: 'trouble', text });

/** `lspawndSocket` absent: without root. `uid` of this process. */
export function mailboxWay(
  home: string,
  uid: number,
  lspawndSocket: string | undefined,
  patienceMs: number = usualPatienceMs,
): MailboxWay {
  const few = new FewAtOnce(checks, checksWaiting);
  const checker = checkerFile(home);
  const hasChecker = (): boolean => {
    try {
      return checker() !== undefined;
    } catch {
      return false;
    }
  };
  const accounts = new MailAccounts(home, uid);
  const gifts = lspawndSocket === undefined ? undefined : new Gifts(giftSocket(lspawndSocket));
  const open = async (request: MailboxRequest, client: Client): Promise<Opened | 'busy'> => {
    if (lspawndSocket === undefined) return few.run(() => here(accounts, uid, { checker, patienceMs }, request));
    // A program of the checkpassword kind says itself whether it let the client in: somebody has to listen to it.
    const given = hasChecker() ? 'unfit' : await gifts?.open(request, client);
    return given === undefined || given === 'unfit' ? throughLspawnd(lspawndSocket, request, patienceMs) : given;
  };
  return {
    get apop() {
      return hasChecker() || accounts.offersApop;
    },
    open: async (request, client) => {
      const opened = await open(request, client);
      return opened === 'busy' ? { tag: 'busy' } : opened;
    },
  };
}

interface Checking {
  readonly checker: () => readonly string[] | undefined;
  readonly patienceMs: number;
}

async function here(
  accounts: MailAccounts,
  own: number,
  { checker, patienceMs }: Checking,
  request: MailboxRequest,
): Promise<Opened> {
  let words: readonly string[] | undefined;
  try {
    words = checker();
  } catch (error) {
    return trouble(`control/checkpassword: ${String(error)}`);
  }
  if (words !== undefined) return byProgram(words, request, patienceMs);
  const { user: name, secret, apop, timestamp } = request;
  const verdict = apop ? accounts.verifyApop(name, secret, timestamp) : await accounts.verify(name, secret);
  if (verdict.tag !== 'account') return verdict;
  const { uid, user, home } = verdict.account;
  if (uid === own && uid !== 0) return { tag: 'own', maildir: `${home}/Maildir` };
  return trouble(`the mailbox of ${user} has uid ${uid}; the server runs as uid ${own} and was not started by root`);
}

async function byProgram(words: readonly string[], request: MailboxRequest, patienceMs: number): Promise<Opened> {
  const child = startChecker(words, request, ['pipe', 'pipe', 'ignore']);
  const { stdin, stdout } = child;
  const ended = new Promise<number | null | undefined>((settle) => {
    child.once('error', () => settle(undefined));
    child.once('close', (code) => settle(code));
  });
  if (stdin === null || stdout === null) return trouble(`control/checkpassword: ${words[0]} cannot be started`);
  const close = (): void => {
    stdin.destroy();
    stdout.destroy();
  };
  stdin.on('error', () => undefined);
  const first = await firstOctets(stdout, patienceMs);
  if (first === 'late') {
    child.kill('SIGKILL');
    close();
    return trouble(`control/checkpassword: ${words[0]} said nothing within ${patienceMs / 1_000} s and was ended`);
  }
  if (first !== undefined) return opened({ tag: 'tunnel', input: stdout, output: stdin, first, close });
  const code = await ended;
  if (code === undefined) return trouble(`control/checkpassword: ${words[0]} cannot be started`);
  if (checkerVerdict(code) === 'refused') return { tag: 'refused' };
  return trouble(`control/checkpassword: ${words[0]} ended with ${code === null ? 'a signal' : `exit code ${code}`}`);
}

async function throughLspawnd(path: string, request: MailboxRequest, patienceMs: number): Promise<Opened> {
  const socket = await reachLspawnd(path);
  if (typeof socket === 'string') return trouble(`unable to reach lspawnd: ${socket}`);
  socket.on('error', () => undefined);
  socket.write(encodeMailbox(request));
  const first = await firstOctets(socket, patienceMs);
  if (first === 'late') {
    socket.destroy();
    return trouble(`lspawnd said nothing within ${patienceMs / 1_000} s`);
  }
  if (first === undefined) return trouble('lspawnd closed the connection');
  return opened({ tag: 'tunnel', input: socket, output: socket, first, close: () => void (socket as Socket).destroy() });
}

/** A first line that is no +OK is the end of it. */
function opened(tunnel: Tunnel): Opened {
  const text = tunnel.first.toString('latin1');
  if (text.startsWith('+OK')) return tunnel;
  tunnel.close();
  if (text === refusedLine) return { tag: 'refused' };
  return { tag: 'trouble', text: text.trim(), answer: text };
}

/** Leaves the stream paused; undefined when it ended. */
function firstOctets(stream: Readable, patienceMs: number): Promise<Buffer | 'late' | undefined> {
  return new Promise((settle) => {
    const timer = setTimeout(() => end('late'), patienceMs);
    const over = (): void => end(undefined);
    const heard = (first: Buffer): void => {
      stream.pause();
      end(first);
    };
    const end = (first: Buffer | 'late' | undefined): void => {
      clearTimeout(timer);
      for (const event of ['end', 'error', 'close']) stream.off(event, over);
      stream.off('data', heard);
      stream.on('error', () => undefined);
      settle(first);
    };
    for (const event of ['end', 'error', 'close']) stream.once(event, over);
    stream.once('data', heard);
  });
}
