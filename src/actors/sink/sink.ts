/**
 * The next hop of a load test: accepts mail at full speed, keeps none of it, and accounts for marked messages.
 * One thread, no disk but the ledger. Not for real mail: what it accepts is gone.
 */
import http from 'node:http';
import net, { type Server, type Socket } from 'node:net';
import { formatLedgerRecord } from '../../protocol/ledger.js';
import { RecordFile } from '../../store/record-file.js';
import { ArrivalBook, type ArrivalVerdict } from './arrival-book.js';
import { type Arrived, SinkConnection } from './connection.js';
import type { SinkRules } from './rules.js';

export interface SinkAddress {
  readonly address: string;
  /** 0 = any free one. */
  readonly port: number;
}

export interface SinkOptions {
  readonly smtp?: SinkAddress;
  /** Takes any HTTP request, answers 200. */
  readonly http?: SinkAddress;
  /** File for a record of each arrival. */
  readonly ledger?: string;
  readonly rules?: SinkRules;
}

export interface SinkListener extends SinkAddress {
  readonly protocol: 'smtp' | 'http';
}

/** What has arrived; `verdict` is there once a marked message was. Octets are those of messages in wire form. */
export interface SinkReport {
  readonly messages: number;
  readonly recipients: number;
  readonly bytes: number;
  readonly connections: number;
  readonly requests: number;
  readonly verdict: ArrivalVerdict | undefined;
}

export interface Sink {
  readonly listeners: readonly SinkListener[];
  report(): SinkReport;
  /** Stops listening, cuts open connections, completes the ledger file. */
  close(): Promise<void>;
}

/** Most open connections; more are refused. */
const mostConnections = 20_000;

class Counts {
  readonly book = new ArrivalBook();
  readonly ledger: RecordFile | undefined;
  readonly sockets = new Set<Socket>();
  messages = 0;
  recipients = 0;
  bytes = 0;
  connections = 0;
  requests = 0;

  constructor(ledger: string | undefined) {
    this.ledger = ledger === undefined ? undefined : new RecordFile(ledger);
  }

  arrive({ recipients, wireSize, marked }: Arrived): void {
    this.messages++;
    this.recipients += recipients.length;
    this.bytes += wireSize;
    if (marked === undefined) return;
    const us = Number(process.hrtime.bigint() / 1000n);
    const { mark, intact } = marked;
    for (const recipient of recipients) {
      const index = this.book.arrive(mark, intact, recipient);
      const verdict = intact && index !== undefined ? 'i' : 'x';
      this.ledger?.append(formatLedgerRecord(mark.run, mark.sequence, index ?? 0, verdict, us));
    }
  }
}

/** Opens the listeners; rejects when one cannot be opened. */
export async function startSink(options: SinkOptions): Promise<Sink> {
  const counts = new Counts(options.ledger);
  const servers: Server[] = [];
  const listeners: SinkListener[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => closed(server, counts.sockets)));
    counts.ledger?.close();
  };
  try {
    for (const protocol of ['smtp', 'http'] as const) {
      const at = options[protocol];
      if (at === undefined) continue;
      const server = protocol === 'smtp' ? smtpServer(counts, options.rules) : httpServer(counts);
      server.on('connection', (socket: Socket) => follow(socket, counts));
      servers.push(server);
      listeners.push({ protocol, ...(await listen(server, at)) });
    }
  } catch (error) {
    await close();
    throw error;
  }
  const report = (): SinkReport => {
    const { messages, recipients, bytes, connections, requests, book } = counts;
    return { messages, recipients, bytes, connections, requests, verdict: book.verdict() };
  };
  return { listeners, report, close };
}

function smtpServer(counts: Counts, rules: SinkRules | undefined): Server {
  const server = net.createServer({ noDelay: true }, (socket) => {
    new SinkConnection(socket, rules, (message) => counts.arrive(message));
  });
  server.maxConnections = mostConnections;
  return server;
}

function httpServer(counts: Counts): Server {
  return http.createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      counts.bytes += chunk.length;
    });
    request.on('end', () => {
      counts.requests++;
      response.end('ok\n');
    });
  });
}

function follow(socket: Socket, counts: Counts): void {
  counts.connections++;
  counts.sockets.add(socket);
  // A client that goes away in the middle is no trouble of ours; its message simply did not arrive.
  socket.on('error', () => socket.destroy());
  socket.on('close', () => counts.sockets.delete(socket));
}

function listen(server: Server, { address, port }: SinkAddress): Promise<SinkAddress> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`cannot listen on ${address}:${port}: ${error.message}`)));
    server.listen({ host: address, port, backlog: 1024 }, () => {
      const bound = server.address();
      resolve({ address, port: typeof bound === 'object' && bound !== null ? bound.port : port });
    });
  });
}

function closed(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
