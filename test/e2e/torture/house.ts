/**
 * The server that the torture tables run against, as real processes, and its next hop, which sorts what arrives by row.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startKeepingSink, type TakenMessage } from '../../support/keeping-sink.js';
import { banner, type Ending, makeMailHome, openFolder } from '../../support/server-home.js';
import { ServerProcess } from '../../support/server-process.js';
import type { Row } from './row.js';

/** The two trace fields that queue and smtpd put in front. */
const trace = /^Received: \(qmail \d+ invoked from network\); [^\r]*\r\nReceived: from .*? with SMTP; [^\r]*\r\n/s;

export interface Arrived {
  readonly trace: string;
  readonly body: string;
}

export class TortureHouse {
  readonly server: ServerProcess;
  /** By the local part of the recipient. */
  readonly arrived: Map<string, Arrived[]>;

  private constructor(server: ServerProcess, arrived: Map<string, Arrived[]>) {
    this.server = server;
    this.arrived = arrived;
  }

  /** Local parts of the recipients that double bounces in postmaster's Maildir are about. */
  bounced(): Set<string> {
    const folder = join(this.server.home.path, 'alias/Maildir/new');
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    return new Set(texts.flatMap((text) => [...text.matchAll(/^<([^@>]*)@dest\.test>:$/gm)].map(([, local = '']) => local)));
  }

  get port(): number {
    return this.server.home.port;
  }

  static async open(ending: Ending, control: Record<string, string> = {}): Promise<TortureHouse> {
    const arrived = new Map<string, Arrived[]>();
    const sink = await startKeepingSink(ending, {
      taken: (message) => {
        enter(message, arrived);
        return { accept: true };
      },
    });
    const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port, control));
    await banner(server.home.port);
    return new TortureHouse(server, arrived);
  }
}

function enter({ recipients, bytes }: TakenMessage, arrived: Map<string, Arrived[]>): void {
  const text = bytes.toString('latin1');
  const found = trace.exec(text)?.[0] ?? '';
  for (const recipient of recipients) {
    const local = recipient.split('@', 1)[0] ?? '';
    arrived.set(local, [...(arrived.get(local) ?? []), { trace: found, body: text.slice(found.length) }]);
  }
}

/** The pieces of a row for the recipient `local`@dest.test. */
export function piecesFor({ send }: Row, local: string): Row['send'] {
  return send.map((piece) => (typeof piece === 'string' ? piece.replaceAll('TO>', `${local}@dest.test>`) : piece));
}
