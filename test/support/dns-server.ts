/**
 * A scripted name server on loopback (UDP and TCP) for tests: answers from a zone written as in
 * test/golden/cases/zone.json, and misbehaves where the zone says so. Never asks anyone else.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type DnsRecord, encodeResponse, type Question, readQuestion } from './dns-wire.js';

/** Records, or a fault for every question about the name. TRUNCATED answers over TCP only; `DELAY n` after n milliseconds. */
export type ZoneEntry = readonly DnsRecord[] | 'SERVFAIL' | 'REFUSED' | 'NXDOMAIN' | 'SILENT' | 'FORMERR' | `DELAY ${number}`;
export interface Zone {
  readonly [name: string]: ZoneEntry;
}

export interface DnsServerOptions {
  /** Names whose UDP answers are cut with the TC bit, so that the question comes again over TCP. */
  readonly truncated?: readonly string[];
}

const codes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;

export class DnsServer {
  /** `TYPE name` of every question, in order. */
  readonly questions: string[] = [];
  /** `127.0.0.1:port` once started. */
  address = '';
  readonly #zone: Zone;
  readonly #truncated: ReadonlySet<string>;
  readonly #udp: Socket = createSocket('udp4');
  readonly #tcp: Server = createServer();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(zone: Zone, options: DnsServerOptions = {}) {
    this.#zone = zone;
    this.#truncated = new Set(options.truncated);
  }

  /** Resolves to `127.0.0.1:port`, as control/nameservers writes it. */
  async start(): Promise<string> {
    this.#tcp.listen(0, '127.0.0.1');
    await once(this.#tcp, 'listening');
    const address = this.#tcp.address();
    if (address === null || typeof address === 'string') throw new Error('DNS server: no TCP port');
    this.#udp.bind(address.port, '127.0.0.1');
    await once(this.#udp, 'listening');
    this.#udp.on('message', (bytes, peer) => {
      this.#answer(bytes, true, (reply) => this.#udp.send(reply, peer.port, peer.address));
    });
    this.#tcp.on('connection', (socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (bytes) => {
        // One question a connection, in one piece: enough for the resolver under test.
        this.#answer(bytes.subarray(2), false, (reply) => {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(reply.length);
          socket.end(Buffer.concat([length, reply]));
        });
      });
    });
    this.address = `127.0.0.1:${address.port}`;
    return this.address;
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#udp.close();
    this.#tcp.close();
    await once(this.#tcp, 'close');
  }

  #answer(bytes: Buffer, udp: boolean, send: (reply: Buffer) => void): void {
    const question = readQuestion(bytes);
    if (question === undefined) return;
    this.questions.push(`${question.type} ${question.name}`);
    const entry = this.#zone[question.name];
    if (entry === 'SILENT') return;
    if (udp && this.#truncated.has(question.name)) send(encodeResponse(question, 0, [], true));
    else if (typeof entry === 'string' && entry.startsWith('DELAY ')) {
      const timer = setTimeout(() => send(encodeResponse(question, codes.SERVFAIL, [], false)), Number(entry.slice(6)));
      this.#timers.add(timer);
    } else if (typeof entry === 'string') send(encodeResponse(question, codes[entry as keyof typeof codes], [], false));
    else if (entry === undefined) send(encodeResponse(question, codes.NXDOMAIN, [], false));
    else this.#records(question, send);
  }

  /** Follows aliases inside the zone, as a resolving server does; a loop ends after eight steps. */
  #records(question: Question, send: (reply: Buffer) => void): void {
    const records: { readonly owner: string; readonly record: DnsRecord }[] = [];
    let name = question.name;
    let code: number = codes.NOERROR;
    for (let step = 0; step < 8; step++) {
      const entry = this.#zone[name];
      if (!Array.isArray(entry)) {
        code = entry === undefined ? codes.NXDOMAIN : codes.SERVFAIL;
        break;
      }
      const own: readonly DnsRecord[] = entry;
      const alias = own.find((record) => record[0] === 'CNAME');
      for (const record of own) if (record[0] === question.type || record[0] === 'CNAME') records.push({ owner: name, record });
      if (alias === undefined || question.type === 'CNAME') break;
      name = String(alias[1]);
    }
    send(encodeResponse(question, code, records, false));
  }
}
