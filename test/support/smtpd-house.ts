/**
 * smtpd alone on loopback, with a queue and a log that the test scripts: for what happens between a client and the
 * moment a message is handed over.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ActorContext, Unanswered } from '../../src/actors/kernel/actor.js';
import { Board } from '../../src/actors/kernel/board.js';
import { systemClock } from '../../src/actors/kernel/clock.js';
import type { LogBatch, Submission, Submitted } from '../../src/actors/messages.js';
import { createSmtpd, type Smtpd, type SmtpdOptions } from '../../src/actors/smtpd/actor.js';
import { parseSettings } from '../../src/protocol/control.js';
import type { Settings } from '../../src/protocol/settings.js';
import { Client } from './line-client.js';

export interface HouseParts {
  /** Files below the home, besides control/me. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly settings?: Partial<Settings>;
  readonly rules?: string;
  readonly address?: string;
  readonly options?: Partial<SmtpdOptions>;
  /** What the queue answers; default: accepted at once. */
  readonly submit?: (submission: Submission) => Promise<Submitted | Unanswered>;
}

export interface House {
  readonly home: string;
  readonly smtpd: Smtpd;
  readonly settings: Settings;
  readonly board: Board;
  readonly log: string[];
  readonly submissions: Submission[];
  readonly port: number;
  /** Opens a connection that collects what the server says; `to`: another address of this machine. */
  dial(to?: string): Client;
}

export async function openHouse(t: TestContext, parts: HouseParts = {}): Promise<House> {
  const home = mkdtempSync(join(tmpdir(), 'tqmail-smtpd-'));
  for (const folder of ['control', 'queue/body']) mkdirSync(join(home, folder), { recursive: true });
  for (const [name, text] of Object.entries(parts.files ?? {})) writeFileSync(join(home, name), text);
  const parsed = parseSettings(new Map([['me', 'mx.test.example\n']]));
  if (!('settings' in parsed)) throw new Error('settings of the tests are bad');
  const settings: Settings = { ...parsed.settings, ...parts.settings };
  const submissions: Submission[] = [];
  const log: string[] = [];
  const board = new Board();
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
  const context = {
    peers,
    clock: systemClock,
    settings,
    nextQp: () => ++qp,
    queueDir: join(home, 'queue'),
    fatal: () => undefined,
  } as unknown as ActorContext<'smtpd'>;
  const address = parts.address ?? '127.0.0.1';
  const options: Record<string, string> = parts.rules === undefined ? {} : { rules: parts.rules };
  const setting = { protocol: 'smtp', address, port: 0, options };
  const listeners = [{ setting, at: { address, port: 0 } }];
  const smtpd = createSmtpd(context, { home, listeners, board, besideQueue: true, descriptors: 100, ...parts.options });
  await smtpd.start?.();
  const port = smtpd.ports[0] ?? 0;
  const clients: Client[] = [];
  t.after(async () => {
    for (const { socket } of clients) socket.destroy();
    await smtpd.drain?.();
    await smtpd.stop?.();
    rmSync(home, { recursive: true, force: true });
  });
  const dial = (to = address): Client => {
    const client = new Client(port, to);
    clients.push(client);
    return client;
  };
  return { home, smtpd, settings, board, log, submissions, port, dial };
}
