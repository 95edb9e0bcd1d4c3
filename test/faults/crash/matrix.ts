/**
 * The crash matrix: for each named step one message on its way and a server that ends there; the server after it takes
 * the message up and has the next step armed. At the end nothing is queued and everything is accounted for.
 */
import { chownSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askNode } from '../../../src/cli/control/client.js';
import type { CrashPoint } from '../../../src/store/crash-points.js';
import { startKeepingSink } from '../../support/keeping-sink.js';
import { banner, type Ending, localRecipient, type MailHome, makeMailHome, openFolder, soon } from '../../support/server-home.js';
import { ServerProcess } from '../../support/server-process.js';
import { drained, statusOf } from '../../support/server-status.js';
import { SmtpDialogue } from '../../support/smtp-dialogue.js';
import { numbered } from '../kill/numbered.js';
import { Ledger, type LedgerVerdict } from './ledger.js';
import { type Kind, kindOf } from './plan.js';

export interface MatrixOptions {
  readonly points: readonly CrashPoint[];
  /** Called between a crash and the next start. */
  readonly afterCrash?: (home: MailHome) => void | Promise<void>;
}

/** How long a server may take to come by an armed step. */
const hitMs = 20_000;
const domain = 'mail.example.org';

interface Traffic {
  readonly sender: string;
  readonly recipients: readonly string[];
  /** Where it must arrive. */
  readonly places: readonly string[];
}

function trafficOf(kind: Kind, n: number): Traffic {
  const plain = (recipient: string, place = recipient): Traffic => ({ sender: '', recipients: [recipient], places: [place] });
  switch (kind) {
    case 'remote':
    case 'large':
      return plain('box@dest.test');
    case 'local':
      return plain(localRecipient, 'maildir');
    case 'mbox':
      return plain(`file@${domain}`, 'mbox');
    case 'forward':
      return plain(`fwd@${domain}`, 'onward@dest.test');
    case 'bounce':
      return { sender: 'back@dest.test', recipients: [`fail-${n}@dest.test`], places: ['back@dest.test'] };
    case 'retry': {
      const both = ['box@dest.test', `later-${n}@dest.test`];
      return { sender: '', recipients: both, places: both };
    }
  }
}

export async function runMatrix(ending: Ending, { points, afterCrash }: MatrixOptions): Promise<LedgerVerdict> {
  const ledger = new Ledger();
  const tries = new Map<string, number>();
  const sink = await startKeepingSink(ending, {
    recipient: (address) => {
      if (address.startsWith('fail-')) return { accept: false, code: 550, text: 'no such box' };
      const tried = (tries.get(address) ?? 0) + 1;
      tries.set(address, tried);
      if (address.startsWith('later-') && tried <= 2) return { accept: false, code: 451, text: 'later' };
      return { accept: true };
    },
    taken: ({ recipients, bytes }) => {
      for (const recipient of recipients) ledger.arrive(bytes.toString('latin1'), recipient);
      return { accept: true };
    },
  });
  const home = await makeMailHome(openFolder(ending), sink.port);
  aliasFiles(home);
  const pointOf = new Map<number, CrashPoint>();
  for (const [at, point] of points.entries()) {
    const n = 97 * at + (kindOf[point] === 'large' ? 96 : 0);
    pointOf.set(n, point);
    await crashOnce(ending, home, ledger, point, n);
    ledger.crashed(point);
    await afterCrash?.(home);
  }
  const last = new ServerProcess(ending, home);
  await drained(last);
  await last.stop();
  return ledger.verdict(readFiles(home, ledger, (n) => pointOf.get(n) ?? 'nothing'));
}

/** One .qmail file for an mbox, one that forwards. */
function aliasFiles({ path }: MailHome): void {
  const alias = join(path, 'alias');
  const { uid, gid } = statSync(alias);
  for (const [name, text] of [
    ['.qmail-file', './Mailbox\n'],
    ['.qmail-fwd', '&onward@dest.test\n'],
  ] as const) {
    writeFileSync(join(alias, name), text, { mode: 0o644 });
    chownSync(join(alias, name), uid, gid);
  }
}

function readFiles(home: MailHome, ledger: Ledger, crash: (n: number) => string): ReturnType<Ledger['found']> {
  const folder = join(home.maildir, 'new');
  const maildir = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  const mailbox = join(home.path, 'alias/Mailbox');
  const mbox = existsSync(mailbox) ? readFileSync(mailbox, 'latin1') : '';
  return [
    // A Maildir has no excuse: a name says which message it is.
    ...(maildir.length > 0 ? ledger.found(maildir.join('\n'), 'maildir', () => 'a Maildir delivery') : []),
    ...(mbox === '' ? [] : ledger.found(mbox, 'mbox', crash)),
  ];
}

/** A server that ends at `point`, with whatever an earlier one left or with message `n`. */
async function crashOnce(ending: Ending, home: MailHome, ledger: Ledger, point: CrashPoint, n: number): Promise<void> {
  const server = new ServerProcess(ending, home, { TQMAIL_TEST_FAULTS: '1', TQMAIL_TEST_CRASH_AT: `${point}:1` });
  let dead = false;
  // It may end even before it greets, over what an earlier one left.
  const died = server.seen(/alert: node ended \(signal SIGKILL\)|deferral: qmail-local_crashed/, 2 * hitMs);
  // A delivery process of a user dies alone: the server tells of it and goes on.
  void died.then(
    () => {
      dead = true;
    },
    () => undefined,
  );
  await Promise.race([banner(home.port), died]);
  if (!(await restsOrDies(server, () => dead))) {
    const { sender, recipients, places } = trafficOf(kindOf[point], n);
    // Booked before the answer: one that is on its way when the server dies is no promise, but the message may arrive.
    const answer = await send(home.port, sender, recipients, n);
    if (answer.startsWith('250')) ledger.accept(n, places);
    await restsOrDies(server, () => dead);
    if (!dead) await soon(1_000);
    if (!dead) throw new Error(`no ${kindOf[point]} message came by ${point}: ${server.lines.slice(-5).join(' | ')}`);
  }
  await server.killAll();
}

/** Waits until nothing is queued, retries included; true when the server died before. */
async function restsOrDies(server: ServerProcess, dead: () => boolean): Promise<boolean> {
  const end = Date.now() + hitMs;
  for (let looks = 1; !dead(); looks += 1) {
    const status = await statusOf(server).catch(() => undefined);
    if (status?.counters['queue.messages'] === 0) return false;
    if (looks % 5 === 0) await askNode(server.home.path, { verb: 'doqueue' }).catch(() => undefined);
    if (Date.now() > end) throw new Error(`the queue does not drain: ${server.lines.slice(-5).join(' | ')}`);
    await soon(20);
  }
  return true;
}

async function send(port: number, sender: string, recipients: readonly string[], n: number): Promise<string> {
  try {
    const client = await (await SmtpDialogue.open(port)).greet();
    const answer = await client.send(recipients, numbered(n).toString('latin1'), sender);
    client.close();
    return answer;
  } catch {
    return 'closed';
  }
}
