/**
 * Entry of lspawnd: `lspawnd HOME SOCKET UID LIMIT [DEFAULT]`, started by root before the node; UID is the
 * node's, LIMIT is concurrencylocal, DEFAULT (base64) stands in for control/defaultdelivery. Says `ready` on its output when the socket is open and ends
 * when its standard input does. Exit 111: cannot start, with the reason on stderr.
 */
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { programEnvironment } from '../actors/local/environment.js';
import type { ChildCommand } from '../actors/lspawn/child.js';
import { Children } from '../actors/lspawn/children.js';
import { DefaultDelivery } from '../actors/lspawn/default-delivery.js';
import { mailLinks } from '../actors/lspawn/mail-links.js';
import { MailboxChildren } from '../actors/lspawn/mailbox-children.js';
import { Mailboxes } from '../actors/lspawn/mailboxes.js';
import { listen, listenAs } from '../actors/lspawn/server.js';
import { Trust } from '../actors/lspawn/trust.js';
import { checkerFile } from '../actors/spawn/checker-program.js';
import { giftSocket } from '../actors/spawn/mailbox-gift.js';
import { accountsFor } from '../store/accounts.js';
import { crashOrder } from '../store/crash-points.js';
import { MailAccounts } from '../store/mail-accounts.js';
import { UsersFile } from '../store/users-file.js';
import { optimizeLate } from './optimize-late.js';
import { poolThreads } from './pool-threads.js';

const idle = 30_000;
/** As for the node (start/node-process.ts): a small heap is not worth V8's extra threads. */
const v8Flags = ['--single-threaded-gc'];
/** Users whose mail is read at once; further ones are asked to come again. */
const mailboxProcesses = 50;

function refuse(why: string): never {
  process.stderr.write(`lspawnd: ${why}\n`);
  process.exit(111);
}

/** One thread a parallel flush, as many as there can be deliveries, but not so many that a hundred users have thousands; the child's programs do not inherit it. */
function mostFlushes(deliveries: number): number {
  return Math.min(32, Math.max(4, deliveries));
}

/** What the parent asks for. */
interface Order {
  readonly home: string;
  readonly socket: string;
  /** The node's uid: whom it obeys. */
  readonly owner: number;
  readonly limit: number;
  readonly defaultDelivery: string | undefined;
}

function orderOf(args: readonly string[]): Order {
  const [home, socket, owner, limit, given] = args;
  if (home === undefined || socket === undefined || !/^\d+$/.test(owner ?? '') || !/^\d+$/.test(limit ?? '')) {
    refuse('usage: lspawnd HOME SOCKET UID LIMIT [DEFAULT]');
  }
  const defaultDelivery = given === undefined ? undefined : Buffer.from(given, 'base64').toString('latin1');
  return { home, socket, owner: Number(owner), limit: Number(limit), defaultDelivery };
}

/** How a process of a user is started: its environment is what is named here, and nothing else of root's. */
function commandOf(entry: string, { home, limit }: Order): ChildCommand {
  const environment = {
    ...programEnvironment(home, process.env),
    UV_THREADPOOL_SIZE: poolThreads(mostFlushes(limit)),
    ...crashOrder(process.env),
  };
  const program = fileURLToPath(new URL(entry, import.meta.url));
  return { program: process.execPath, args: [...v8Flags, program], environment };
}

const log = (line: string): void => void process.stderr.write(`${line}\n`);

/** Opens both sockets; the result ends all that was started. */
function serve(order: Order): () => void {
  const { home, socket, owner } = order;
  const children = new Children({ command: commandOf('local-child.js', order), limit: Math.max(1, order.limit), idle });
  const mailboxChildren = new MailboxChildren({ command: commandOf('mailbox-child.js', order), limit: mailboxProcesses, idle });
  const trust = new Trust(home, owner);
  const mailboxes = new Mailboxes({
    accounts: new MailAccounts(home, 0),
    checker: checkerFile(home),
    children: mailboxChildren,
    trust,
    owner,
    log,
  });
  const server = listen({
    users: new UsersFile(home, accountsFor({}, 0), () => performance.now(), 'turn'),
    trust,
    defaultDelivery: new DefaultDelivery(home, order.defaultDelivery),
    owner,
    socket,
    children,
    deliveries: 10_000,
    log,
    mailboxes,
  });
  const links = mailLinks({ mailboxes, log });
  links.once('error', (error) => refuse(`${giftSocket(socket)}: ${error.message}`));
  listenAs(owner, links, giftSocket(socket));
  announce(server, socket);
  return () => {
    children.close();
    mailboxChildren.close();
  };
}

function start(args: readonly string[]): void {
  const order = orderOf(args);
  if (process.getuid?.() !== 0)
    refuse('it delivers as the users of the system, which only root can: start the server as root, or do without it');
  optimizeLate();
  process.umask(0o077);
  process.chdir('/');
  const close = serve(order);
  const end = (): void => {
    close();
    process.exit(0);
  };
  process.stdin.resume().once('end', end).once('error', end);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
  process.on('SIGHUP', () => undefined);
}

function announce(server: Server, socket: string): void {
  const unable = (error: Error): void => refuse(`${socket}: ${error.message}`);
  server.once('error', unable);
  server.once('listening', () => {
    server.off('error', unable);
    // An accept that fails (no descriptors left) is tried again by the next connection; deliveries under way go on.
    server.on('error', (error) => log(`lspawnd: ${error.message}`));
    process.stdout.write('ready\n');
  });
}

start(process.argv.slice(2));
