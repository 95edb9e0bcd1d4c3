/**
 * send: whole systems. Mail goes in by bin/qmail-queue; the server is bin/qmail-start for a sample of the cases, with the
 * recorded uids when the runner is root, and for the others the same pipeline in one thread of a long-lived process.
 */
import { chownSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { handOver } from '../../../src/actors/inject/hand-over.js';
import { openLmdbQueue } from '../../../src/store/lmdb/open.js';
import type { Adapter, Tools } from '../runner/adapter.js';
import { accounts, nofiles, type SendCase, type SendExpected, type SendInjection } from '../send/case.js';
import { assignAccounts, changedFiles, furnish, type House, passwdText, toRecorded } from '../send/house.js';
import { outcome, recordedName } from '../send/outcome.js';
import { playedServer } from '../send/played.js';
import { atRest, type Served } from '../send/served.js';
import { trueServer } from '../send/true-server.js';

const root = process.getuid?.() === 0;
const ownUid = process.getuid?.() ?? 0;
/** Who plays servers when the runner is root: programs of users hand in mail as joe. */
const playerUid = 8001;
const constantMessage = 'From: amy@oracle.example.com\nTo: someone\nSubject: test\n\nHello\n';
const usualSender = 'amy@oracle.example.com';
/** Every so many cases, of those that can be, is one with true processes. */
const trueEvery = 5;

/** A system without the recorded accounts can tell only what needs no account but the own one. */
function canBeTrue(test: SendCase): boolean {
  if (test.assign !== undefined || test.inject.some(({ user }) => user !== undefined)) return false;
  const uses = JSON.stringify([test.expected, test.files]);
  if (/nohome|badown/.test(uses)) return false;
  return root || !/UID:(joe|alias)|tools/.test(`${uses} ${test.area}`);
}

const isTrue = (test: SendCase): boolean => canBeTrue(test) && Number(test.id.slice(-4)) % trueEvery === 0;

/** Programs of users hand in mail as their user; without root only a stated uid tells it from the runner's. */
const statesUid = (test: SendCase): boolean =>
  !root && (test.area === 'tools' || test.inject.some(({ user }) => user !== undefined));

interface Stage {
  readonly test: SendCase;
  readonly tools: Tools;
  readonly house: House;
  readonly queueExit: number[];
}

const adapter: Adapter<SendCase> = {
  file: 'send',
  async run(test, tools) {
    const [server, port] = test.servers === undefined ? [] : await tools.server(test.servers);
    const shown = String(port ?? (await tools.closedPort()));
    const controls = Object.entries(test.controls).map(([name, text]) => [name, text.replaceAll('$PORT', shown)] as const);
    const home = tools.home({
      ...Object.fromEntries(controls),
      nameservers: `${await tools.nameserver()}\n`,
      remotegreet: 'helo\n',
    });
    const truly = isTrue(test);
    const stage = { test, tools, house: furnished(test, tools, home, truly), queueExit: [] };
    if (test.injectBeforeStart) await createQueue(join(home, 'queue'));
    if (test.injectBeforeStart) for (const injection of test.inject) await handIn(stage, injection);
    const served = await startServer(stage, truly);
    await play(stage, served);
    const { log, exported } = await served.stop();
    await server?.quiet();
    const lines = log.map((line) => toRecorded(line, stage.house));
    const seen = outcome({ log: lines, exported, order: test.order, nameOf: (uid) => nameOf(test, uid) });
    return result(stage, seen, server?.received);
  },
};

/** Mail that is handed in without a server needs a queue, as `tqmail init` makes it. */
async function createQueue(folder: string): Promise<void> {
  const store = await openLmdbQueue({ dir: folder, create: true });
  await store.close();
  const { uid, gid } = statSync(folder);
  for (const name of readdirSync(folder)) if (root) chownSync(join(folder, name), uid, gid);
}

/** Without root everything belongs to the own uid; a player's files are the player's, a true server's those of the accounts. */
function furnished(test: SendCase, tools: Tools, home: string, truly: boolean): House {
  const player = root ? playerUid : ownUid;
  const uidOf = (account: string): number => (truly && root ? (accounts[account] ?? player) : player);
  const queueOwner = truly ? (accounts.qmailq ?? player) : player;
  const house = furnish(test, home, join(tools.folder, 'users'), uidOf, queueOwner);
  if (truly && root) assignAccounts(house);
  const here = (account: string): number => (account.startsWith('qmail') || !truly || root ? (accounts[account] ?? 0) : ownUid);
  writeFileSync(join(tools.folder, 'passwd'), passwdText(house, here), 'latin1');
  return house;
}

function startServer({ test, tools, house }: Stage, truly: boolean): Promise<Served> {
  const { home, users } = house;
  const start = { home, users, defaultDelivery: test.defaultDelivery, passwd: join(tools.folder, 'passwd') };
  return truly ? trueServer(start, tools) : playedServer(start, playerUid);
}

/** Hands mail in, one after the other, and sends the signals, each when the system is at rest. */
async function play(stage: Stage, served: Served): Promise<void> {
  const { test, house, queueExit } = stage;
  const arrived = (): number => queueExit.filter((code) => code === 0).length;
  await atRest(served, arrived());
  // Whether a message of lifetime 0 is old is a matter of whole seconds: its first attempt falls into that of its arrival.
  if (test.controls.queuelifetime !== undefined) await wait(1_050 - (Date.now() % 1_000));
  if (!test.injectBeforeStart) await each(stage, served, test.inject);
  for (const [name, text] of Object.entries(test.newControls ?? {}))
    writeFileSync(join(house.home, 'control', name), text, 'latin1');
  for (const signal of test.signals ?? []) {
    await wait((test.secondsBeforeSignal ?? 0) * 1000);
    await served.signal(signal);
    await atRest(served, arrived());
  }
  await each(stage, served, test.injectAfterSignals ?? []);
}

async function each(stage: Stage, served: Served, injections: readonly SendInjection[]): Promise<void> {
  for (const injection of injections) {
    await handIn(stage, injection);
    await atRest(served, stage.queueExit.filter((code) => code === 0).length);
  }
}

async function handIn({ test, tools, house, queueExit }: Stage, injection: SendInjection): Promise<void> {
  const { message = constantMessage, recipients = [], sender = usualSender, user = 'root' } = injection;
  const envelope = injection.envelope ?? `F${sender}\0${recipients.map((recipient) => `T${recipient}\0`).join('')}\0`;
  if (statesUid(test)) {
    queueExit.push(await stated(join(house.home, 'run/queue.sock'), accounts[user] ?? 0, message, envelope));
    return;
  }
  const uid = accounts[user] ?? 0;
  const identity = uid === 0 ? {} : { uid, gid: nofiles };
  const call = { program: 'qmail-queue', input: message, reads: { 1: envelope }, writes: [2] };
  // Without a server the program becomes the queue's owner for good.
  queueExit.push((await tools.invoke({ ...call, ...identity, own: test.injectBeforeStart })).exit);
}

/** Says to the server what qmail-queue would say if it ran under that uid. */
async function stated(socket: string, uid: number, message: string, envelope: string): Promise<number> {
  const node = await handOver(socket, uid, process.pid);
  if (node === undefined) throw new Error('nobody takes mail');
  await node.message(Buffer.from(message, 'latin1'));
  await node.envelope(Buffer.from(envelope, 'latin1'));
  return (await node.commit()).code;
}

function nameOf(test: SendCase, uid: number): string | undefined {
  if (!root && uid === ownUid) return statesUid(test) ? 'joe' : 'root';
  return recordedName(uid);
}

function result(
  { test, house, queueExit }: Stage,
  seen: ReturnType<typeof outcome>,
  received: readonly string[] | undefined,
): SendExpected {
  const { expected } = test;
  const own = statesUid(test) ? accounts.joe : 0;
  // A true server without root has one uid for all, the alias user's too.
  const alias = isTrue(test) ? '|alias' : '';
  const ownWords = new RegExp(`invoked by (uid ${ownUid}${alias})\\)`, 'g');
  const octets = (text: string): string => (root ? text : text.replaceAll(ownWords, `invoked by uid ${own})`));
  const files = changedFiles(test, house).map(({ path, content }) => ({ path, content: octets(content) }));
  const { messages, otherLines, log, left } = seen;
  return {
    queueExit,
    messages,
    otherLines,
    files,
    ...(expected.log === undefined || log === undefined ? {} : { log }),
    ...(expected.left === undefined && Object.keys(left).length === 0 ? {} : { left }),
    ...(expected.client === undefined && received === undefined ? {} : { client: (received ?? []).map(octets) }),
  };
}

export const send: Adapter = adapter as unknown as Adapter;
