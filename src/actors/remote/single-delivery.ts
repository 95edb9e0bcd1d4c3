/**
 * One message to one host over a connection of its own, reported as qmail-remote prints it (spec remote.md §6):
 * what the command does with the parts that the server keeps at work.
 */
import { canonicalIp } from '../../protocol/ip-address.js';
import type { ByteString, Envelope, Outcome } from '../../protocol/mail.js';
import type { Route } from '../../protocol/mx.js';
import { connectionDied } from '../../protocol/smtp/report.js';
import { dial, type RemoteSettings, type RemoteThread } from './connect.js';
import type { Connection } from './connection.js';
import type { RemoteBody } from './session.js';
import { fileTransaction, transactionOf } from './transactions.js';

export interface SingleDelivery {
  readonly target: Route;
  readonly settings: RemoteSettings;
  /** Addresses that are down now (spec remote.md §7). */
  readonly skip: ReadonlySet<string>;
  readonly envelope: Envelope;
  /** A file is in unix form. */
  readonly body: RemoteBody;
}

export interface SingleReport {
  /** Records, each ended by NUL. */
  readonly report: ByteString;
  readonly timedOut: readonly string[];
  readonly reached?: string;
}

const alone = ({ status, text }: Outcome): ByteString => `${status}${text}\0`;

/** Never rejects, and leaves no connection behind. */
export async function deliverSingle(delivery: SingleDelivery, thread: RemoteThread): Promise<SingleReport> {
  const { target, settings, skip } = delivery;
  let finished: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    finished = resolve;
  });
  const dialed = await dial(target, settings, thread, skip, { finished: () => finished() });
  const { connection, outcome, timedOut, refused, reached } = dialed;
  const known = { timedOut, ...(reached === undefined ? {} : { reached: canonicalIp(reached) ?? reached }) };
  await Promise.all(refused.map((one) => one.leave()));
  if (connection === undefined) return { report: alone(outcome), ...known };
  const failure = await start(connection, delivery);
  if (failure === undefined) await over;
  const report = failure === undefined ? connection.rawReport() : alone(failure);
  await connection.leave();
  return { report, ...known };
}

async function start(connection: Connection, { envelope, body }: SingleDelivery): Promise<Outcome | undefined> {
  const made =
    body instanceof Uint8Array
      ? { transaction: transactionOf(envelope, body), source: undefined }
      : await fileTransaction(envelope, body.path, 'unix', connection.measured);
  if ('status' in made) return made;
  if (!connection.usable) return connectionDied(connection.address, false);
  connection.run(made.transaction, made.source);
  return undefined;
}
