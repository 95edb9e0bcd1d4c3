/** Plays one recorded case of the remote area: routes, resolves, connects and delivers in this process. */

import { RemoteSession } from '../../src/actors/remote/session.js';
import { parseSettings } from '../../src/protocol/control.js';
import type { Outcome, Status } from '../../src/protocol/mail.js';
import { routeFor } from '../../src/protocol/mx.js';
import { unixToWire, untransferableOutcome } from '../../src/protocol/smtp/data.js';
import type { RemoteCase } from './golden-zone.js';
import { delivery, remoteThread } from './remote-sessions.js';
import { ScriptedSmtpServer } from './scripted-smtp-server.js';

export interface Played {
  readonly outcomes: readonly Outcome[];
  /** What each connection carried, from the client. */
  readonly client: readonly string[];
}

/** What happened and what was recorded, in the same form. */
export async function playRemoteCase(one: RemoteCase, nameserver: string): Promise<{ actual: Played; expected: Played }> {
  const [host = '', sender = '', ...recipients] = one.args;
  const server = new ScriptedSmtpServer(one.server ?? []);
  // The recording does not name the address where a relay was given by name; the report does.
  const address = one.listen?.split(':')[0] ?? (one.expected.report.includes('K127.0.0.3 ') ? '127.0.0.3' : '127.0.0.1');
  const port = await server.start(address);
  try {
    const controls = Object.entries(one.controls).map(([name, text]) => [name, text.replaceAll('$PORT', String(port))] as const);
    const parsed = parseSettings(new Map(controls));
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    const { settings } = parsed;
    const offset = one.listen === undefined ? 0 : port - 25;
    const thread = remoteThread({ nameserver, portOffset: offset, greet: 'helo' });
    const session = new RemoteSession({ target: routeFor(host, settings), settings, skip: [] }, thread);
    const body = unixToWire(Buffer.from(one.message, 'latin1'));
    const outcomes =
      typeof body === 'string'
        ? recipients.map(() => untransferableOutcome(body))
        : (await session.deliver(delivery({ sender, recipients }), body)).outcomes;
    session.close();
    await server.quiet();
    const expected = { outcomes: outcomesOf(one.expected.report, recipients.length), client: one.expected.client ?? [] };
    return { actual: { outcomes, client: server.received }, expected };
  } finally {
    await server.stop();
  }
}

/** The outcome of each recipient as qmail-rspawn makes it of a report, had the recipient been alone (spec remote.md §6). */
function outcomesOf(report: string, recipients: number): Outcome[] {
  const records = report.split('\0').slice(0, -1);
  const message = records.find((record) => /^[KZD]/.test(record)) ?? 'D';
  const own = records.filter((record) => /^[rhs]/.test(record));
  const peer = /[rhs]\S+ does not like/.exec(own.join('\n'))?.[0].slice(1).split(' ')[0] ?? '';
  const whole: Outcome = { status: message.charAt(0) as Status, text: message.slice(1) };
  return Array.from({ length: recipients }, (_, index) => {
    const record = own[index] ?? 'r';
    if (record.startsWith('r')) return whole;
    return { status: record.startsWith('h') ? 'D' : 'Z', text: `${record.slice(1)}Giving up on ${peer}.\n` };
  });
}
