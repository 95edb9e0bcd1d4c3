/**
 * The entry of a pool thread for remote mail. Each task is one session; its deliveries come over the link
 * that the first task brought. The task ends when its session does. Keeps bodies of shared messages.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Outcome } from '../../protocol/mail.js';
import { obeyFaults } from '../kernel/fault.js';
import { Link, type LinkTarget } from '../kernel/link.js';
import type { RemoteDelivery, RemoteReport } from '../messages.js';
import { BodyShelf } from './body-shelf.js';
import type { RemoteSession } from './session.js';
import { createRemoteSession, type RemoteSessionStart } from './worker.js';

interface Task {
  readonly session: number;
  readonly start: RemoteSessionStart;
  readonly port?: MessagePort;
}
interface OpenSession {
  readonly remote: RemoteSession;
  readonly end: () => void;
  running: number;
  closing: boolean;
}

const notReady: Outcome = { status: 'Z', text: 'System resources temporarily unavailable. (#4.3.0)\n' };
const sessions = new Map<number, OpenSession>();
/** Deliveries whose session has not begun; at most one a session. */
const early = new Map<number, () => void>();
const shelf = new BodyShelf();

const inbox: LinkTarget = {
  receive(_edge, message, payload, answer) {
    if (message === 'forget') shelf.forget(payload as number);
    else if (message === 'close') close(payload as number);
    else if (answer !== undefined) deliver(payload as RemoteDelivery, answer);
  },
  answered() {},
  closed() {},
};

function close(session: number): void {
  const open = sessions.get(session);
  if (open === undefined) return void early.set(session, () => close(session));
  open.closing = true;
  if (open.running === 0) end(session, open);
}

function end(session: number, open: OpenSession): void {
  sessions.delete(session);
  open.remote.close();
  open.end();
}

function deliver(delivery: RemoteDelivery, answer: (report: RemoteReport) => void): void {
  const open = sessions.get(delivery.session);
  // Task and delivery come on different ports: the delivery may be faster than the session it is for.
  if (open === undefined) return void early.set(delivery.session, () => deliver(delivery, answer));
  const body = shelf.bodyOf(delivery);
  if ('status' in body || !open.remote.ready) {
    const outcome = 'status' in body ? body : notReady;
    answer({ outcomes: delivery.recipients.map(() => outcome), closed: false, timedOut: [] });
    return;
  }
  open.running += 1;
  void open.remote.deliver(delivery, body).then((report) => {
    open.running -= 1;
    answer(report);
    if (open.running === 0 && (report.closed || open.closing)) end(delivery.session, open);
  });
}

obeyFaults('remote');

// piscina takes a worker's task from its module's default export.
// biome-ignore lint/style/noDefaultExport: demanded by piscina
export default function run({ session, start, port }: Task): Promise<void> {
  if (port !== undefined) new Link(port, inbox);
  return new Promise((resolve) => {
    sessions.set(session, { remote: createRemoteSession(start), end: resolve, running: 0, closing: false });
    early.get(session)?.();
    early.delete(session);
  });
}
