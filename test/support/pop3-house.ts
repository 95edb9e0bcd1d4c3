/**
 * pop3d alone on loopback, with three messages in a Maildir and logins that the test scripts.
 */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Actor, ActorContext } from '../../src/actors/kernel/actor.js';
import { createPop3d, type Pop3d } from '../../src/actors/pop3d/actor.js';
import type { MailboxWay, Opened } from '../../src/actors/pop3d/opened-mailbox.js';
import type { MailboxRequest } from '../../src/actors/spawn/mailbox-request.js';
import type { FakeClock } from './fake-clock.js';
import type { Client } from './line-client.js';
import type { Ending } from './server-home.js';
import { type Front, type FrontParts, openFront } from './smtpd-house.js';

export interface Pop3House extends Front {
  readonly pop3d: Pop3d;
  readonly port: number;
  readonly maildir: string;
  readonly requests: MailboxRequest[];
  dial(to?: string): Client;
}

export interface Pop3Parts extends FrontParts {
  readonly open?: (request: MailboxRequest, house: { readonly maildir: string }) => Promise<Opened>;
  readonly apop?: boolean;
  readonly clock?: FakeClock;
}

/** The password is `secret`; others are refused. */
export async function openPop3(t: Ending, parts: Pop3Parts = {}): Promise<Pop3House> {
  const front = openFront(t, parts);
  const maildir = join(front.home, 'joe', 'Maildir');
  for (const name of ['new', 'cur', 'tmp']) mkdirSync(join(maildir, name), { recursive: true });
  for (let n = 1; n <= 3; n++) {
    writeFileSync(join(maildir, 'new', `m${n}`), `Subject: ${n}\n\n.${'x'.repeat(n)}\n`);
    utimesSync(join(maildir, 'new', `m${n}`), n, n);
  }
  const requests: MailboxRequest[] = [];
  const open = parts.open ?? (async ({ secret }) => (secret === 'secret' ? { tag: 'own', maildir } : { tag: 'refused' }));
  const way: MailboxWay = {
    apop: parts.apop ?? false,
    open: (request) => {
      requests.push(request);
      return open(request, { maildir });
    },
  };
  const context = front.context as ActorContext<'pop3d'>;
  const clock = parts.clock ?? context.clock;
  const options = { home: front.home, listeners: front.placed('pop3'), board: front.board, descriptors: 100, way };
  const pop3d = createPop3d({ ...context, clock }, options);
  await pop3d.start?.();
  const port = pop3d.ports[0] ?? 0;
  const dial = front.dialTo(pop3d as Actor<never>, port);
  return { ...front, pop3d, port, maildir, requests, dial };
}
