/**
 * smtpd alone on loopback, with a queue and a log that the test scripts: for what happens between a client and the
 * moment a message is handed over.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Actor, ActorContext, Unanswered } from '../../src/actors/kernel/actor.js';
import { Board } from '../../src/actors/kernel/board.js';
import { systemClock } from '../../src/actors/kernel/clock.js';
import type { LogBatch, Submission, Submitted } from '../../src/actors/messages.js';
import { BodyBuffers } from '../../src/actors/net/body-buffers.js';
import type { PlacedListener } from '../../src/actors/net/open-listeners.js';
import { createSmtpd, type Smtpd, type SmtpdOptions } from '../../src/actors/smtpd/actor.js';
import { parseSettings } from '../../src/protocol/control.js';
import type { Settings } from '../../src/protocol/settings.js';
import { Client } from './line-client.js';
import type { Ending } from './server-home.js';

export interface FrontParts {
  /** Files below the home, besides control/me. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly settings?: Partial<Settings>;
  readonly rules?: string;
  /** Further options of the listener. */
  readonly listenerOptions?: Readonly<Record<string, string>>;
  readonly address?: string;
  /** What the queue answers; default: accepted at once. */
  readonly submit?: (submission: Submission) => Promise<Submitted | Unanswered>;
}

/** What an actor that takes mail in is given, with everything around it scripted. */
export interface Front {
  readonly home: string;
  readonly settings: Settings;
  readonly board: Board;
  readonly log: string[];
  readonly submissions: Submission[];
  readonly context: unknown;
  /** One listener of `protocol` on a free port. */
  placed(protocol: string): readonly PlacedListener[];
  /** Connections to `port` that end with the test; the actor is drained and stopped then. */
  dialTo(actor: Actor<never>, port: number): (to?: string) => Client;
}

export function openFront(t: Ending, parts: FrontParts = {}): Front {
  const home = mkdtempSync(join(tmpdir(), 'tqmail-front-'));
  for (const folder of ['control', 'queue/body']) mkdirSync(join(home, folder), { recursive: true });
  for (const [name, text] of Object.entries(parts.files ?? {})) writeFileSync(join(home, name), text);
  const parsed = parseSettings(new Map([['me', 'mx.test.example\n']]));
  if (!('settings' in parsed)) throw new Error('settings of the tests are bad');
  const settings: Settings = { ...parsed.settings, ...parts.settings };
  const submissions: Submission[] = [];
  const log: string[] = [];
  const submit = parts.submit ?? (async () => ({ tag: 'accepted', id: submissions.length }) as const);
  const peers = {
    queue: {
      ask: (_name: string, submission: Submission) => {
        submissions.push(submission);
        return submit(submission);
      },
    },
    splogger: { tell: (_name: string, { text }: LogBatch) => log.push(text ?? '') > 0 },
  };
  let qp = 0;
  const queueDir = join(home, 'queue');
  const context = { peers, clock: systemClock, settings, nextQp: () => ++qp, queueDir, fatal: () => undefined };
  const address = parts.address ?? '127.0.0.1';
  const rules: Record<string, string> = parts.rules === undefined ? {} : { rules: parts.rules };
  const options = { ...rules, ...parts.listenerOptions };
  return {
    home,
    settings,
    board: new Board(),
    log,
    submissions,
    context,
    placed: (protocol) => [{ setting: { protocol, address, port: 0, options }, at: { address, port: 0 } }],
    dialTo(actor, port) {
      const clients: Client[] = [];
      t.after(async () => {
        for (const { socket } of clients) socket.destroy();
        await actor.drain?.();
        await actor.stop?.();
        rmSync(home, { recursive: true, force: true });
      });
      return (to = address) => {
        const client = new Client(port, to);
        clients.push(client);
        return client;
      };
    },
  };
}

export interface HouseParts extends FrontParts {
  readonly options?: Partial<SmtpdOptions>;
}

export interface House extends Front {
  readonly smtpd: Smtpd;
  readonly port: number;
  /** Opens a connection that collects what the server says; `to`: another address of this machine. */
  dial(to?: string): Client;
}

export async function openHouse(t: Ending, parts: HouseParts = {}): Promise<House> {
  const front = openFront(t, parts);
  const { home, board } = front;
  const buffers = new BodyBuffers(true);
  const options = { home, listeners: front.placed('smtp'), board, buffers, descriptors: 100, ...parts.options };
  const smtpd = createSmtpd(front.context as ActorContext<'smtpd'>, options);
  await smtpd.start?.();
  const port = smtpd.ports[0] ?? 0;
  return { ...front, smtpd, port, dial: front.dialTo(smtpd as Actor<never>, port) };
}
