/**
 * A next hop for tests: an SMTP server on a free port of 127.0.0.1 that hands every whole message to its test
 * before it answers 250. It can be told what to answer instead.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { SmtpServerSession } from '../../src/protocol/smtp/server.js';
import type { SmtpDecision, SmtpServerEvent, SmtpServerOptions } from '../../src/protocol/smtp/session.js';
import type { Ending } from './server-home.js';

export interface TakenMessage {
  readonly sender: string;
  readonly recipients: readonly string[];
  /** Wire form, dots undone. */
  readonly bytes: Buffer;
}

/** What the sink does with a complete message: answer it, or cut the connection without an answer. */
export type SinkAnswer = SmtpDecision | 'cut';

export interface KeepingSink {
  readonly port: number;
  /** Connections open now. */
  readonly connections: number;
}

const options: SmtpServerOptions = {
  greeting: 'sink.example.org',
  databytes: 0,
  maxRecipients: 100_000,
  maxCommandLine: 4_096,
  maxErrors: 1_000,
  maxHops: 1_000_000,
  barecr: 'space',
  maxHeader: 0,
};

const accept: SmtpDecision = { accept: true };

export interface SinkJudges {
  /** Called with each complete message; default: accepted. */
  taken?(message: TakenMessage): SinkAnswer;
  /** Called with each recipient; default: accepted. */
  recipient?(address: string): SmtpDecision;
}

/** `ending` closes it. */
export async function startKeepingSink(ending: Ending, judges: SinkJudges, address = '127.0.0.1'): Promise<KeepingSink> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, judges);
  });
  server.listen(0, address);
  await once(server, 'listening');
  ending.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    get connections() {
      return sockets.size;
    },
  };
}

/** The session hands over what stood on the wire: a line's first dot is doubling (RFC 5321 section 4.5.2). */
function withoutDots(wire: Buffer): Buffer {
  if (!wire.includes('\r\n.') && wire[0] !== 0x2e) return wire;
  return Buffer.from(`\r\n${wire.toString('latin1')}`.replaceAll('\r\n.', '\r\n').slice(2), 'latin1');
}

function serve(socket: Socket, judges: SinkJudges): void {
  const session = new SmtpServerSession(options);
  let pieces: Buffer[] = [];
  let sender = '';
  let recipients: readonly string[] = [];
  socket.on('error', () => undefined);
  socket.write(session.output(), 'latin1');
  const finish = (): void => {
    const answer = judges.taken?.({ sender, recipients, bytes: withoutDots(Buffer.concat(pieces)) }) ?? accept;
    pieces = [];
    if (answer === 'cut') socket.destroy();
    else session.decide(answer);
  };
  const take = (event: SmtpServerEvent): void => {
    if (event.tag === 'body') pieces.push(Buffer.from(event.bytes));
    else if (event.tag === 'mail') session.decide(accept);
    else if (event.tag === 'rcpt') session.decide(judges.recipient?.(event.recipient) ?? accept);
    else if (event.tag === 'data') {
      ({ sender, recipients } = event);
      session.decide(accept);
    } else if (event.tag === 'end' && event.refused === undefined) finish();
  };
  socket.on('data', (chunk: Buffer) => {
    session.receive(chunk);
    let over = false;
    for (let event = session.next(); event !== undefined && !over; event = session.next()) {
      take(event);
      over = event.tag === 'quit' || event.tag === 'broken' || socket.destroyed;
    }
    if (socket.destroyed) return;
    socket.write(session.output(), 'latin1');
    if (over) socket.end();
  });
}
