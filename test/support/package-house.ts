/**
 * qmtpd or qmqpd alone on loopback, with a queue and a log that the test scripts; and what a client of theirs sends.
 */
import type { Actor, ActorContext } from '../../src/actors/kernel/actor.js';
import { BodyBuffers } from '../../src/actors/net/body-buffers.js';
import { createQmqpd, type Qmqpd } from '../../src/actors/qmqpd/actor.js';
import { createQmtpd, type Qmtpd } from '../../src/actors/qmtpd/actor.js';
import type { Client } from './line-client.js';
import type { Ending } from './server-home.js';
import { type Front, type FrontParts, openFront } from './smtpd-house.js';

export interface PackageHouse extends Front {
  readonly actor: Qmtpd | Qmqpd;
  readonly port: number;
  readonly buffers: BodyBuffers;
  dial(to?: string): Client;
}

export async function openPackageHouse(
  t: Ending,
  protocol: 'qmtp' | 'qmqp',
  parts: FrontParts & { readonly buffers?: BodyBuffers; readonly clock?: ActorContext<'qmtpd'>['clock'] } = {},
): Promise<PackageHouse> {
  const front = openFront(t, parts);
  const { home, board } = front;
  const buffers = parts.buffers ?? new BodyBuffers(true);
  const options = { home, listeners: front.placed(protocol), board, buffers, descriptors: 100 };
  const clock = parts.clock === undefined ? {} : { clock: parts.clock };
  const context = { ...(front.context as ActorContext<'qmtpd'>), ...clock };
  const actor =
    protocol === 'qmtp' ? createQmtpd(context, options) : createQmqpd(context as unknown as ActorContext<'qmqpd'>, options);
  await actor.start?.();
  const port = actor.ports[0] ?? 0;
  return { ...front, actor, port, buffers, dial: front.dialTo(actor as Actor<never>, port) };
}

export const net = (text: string): string => `${text.length}:${text},`;

/** One QMTP package; `body` with its first octet. */
export function qmtpPackage(recipients: readonly string[], body = '\nSubject: x\n\nhi\n', sender = 'a@b.example'): string {
  return net(body) + net(sender) + net(recipients.map(net).join(''));
}

export function qmqpPackage(recipients: readonly string[], body = 'Subject: x\n\nhi\n', sender = 'a@b.example'): string {
  return net(net(body) + net(sender) + recipients.map(net).join(''));
}

/** Sends octets and resolves with everything said until the server closed. */
export async function allSaid(client: Client, octets: string): Promise<string> {
  client.socket.end(octets, 'latin1');
  await client.closed;
  return client.said;
}
