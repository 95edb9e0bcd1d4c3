/**
 * The next hop of a test: accepts mail at full speed, troubles its senders as it is told, accounts for marked messages,
 * and shows the newest. Not for real mail: what it accepts is gone.
 */

import { checkMatch, checkOptions, waitMs } from './asked.js';
import { askedAt } from './asked-at.js';
import { Desk } from './desk.js';
import { House } from './house.js';
import { openHttp } from './http/open.js';
import { type KeptMessage, KeptMessages } from './kept.js';
import { SinkLedger } from './ledger.js';
import { type OpenListener, openListener } from './listeners.js';
import { LocalBooks } from './local-books.js';
import type { SinkMatch } from './match.js';
import type { Sink, SinkListener, SinkListenerProtocol, SinkOptions } from './options.js';
import { partsOf, type ReceivedMessage, receivedOf } from './received.js';
import { SavedMessages } from './saved.js';
import { Crew, type CrewParts } from './threads/crew.js';
import { contextOf } from './tls/context.js';
import { selfSigned } from './tls/self-signed.js';
import { Troubles } from './troubles.js';

export type { ArrivalVerdict } from './arrival-book.js';
export type { SinkLatency } from './ledger.js';
export type { SinkMatch } from './match.js';
export type { Sink, SinkAddress, SinkListener, SinkListenerProtocol, SinkOptions, SinkReport } from './options.js';
export type { Attachment, HeaderField, MessageSummary, ReceivedMessage } from './received.js';
export { SinkRulesError } from './troubles.js';

const mebibyte = 1_048_576;
const usualKeep = 32;
const usualWaitMs = 10_000;
const usualLateMs = 60_000;
const anywhere = { address: '127.0.0.1', port: 0 };

/** Opens the listeners; rejects when one cannot be opened, the ledger cannot be written, the rules hold a mistake, the certificate is no good or an option is not known. */
export function startSink(options: SinkOptions = {}): Promise<Sink> {
  return askedAt(startSink, () => started(options));
}

async function started(options: SinkOptions): Promise<Sink> {
  checkOptions(options);
  const wanted = options.tls ?? (options.smtps === undefined ? undefined : 'self-made');
  const tls = wanted === 'self-made' ? selfSigned('sink.tqmail', Date.now()) : wanted;
  const secure = { context: contextOf(tls), starttls: options.tls !== undefined, maxSize: options.maxSize ?? 0 };
  const troubles = new Troubles(options.rules, options.magic ?? true);
  const kept = new KeptMessages((options.keep ?? usualKeep) * mebibyte);
  const troubled = options.troubled ?? ((text: string) => process.stderr.write(`tqmail sink: ${text}\n`));
  const saved = follow(options, kept, troubled);
  const ledger = new SinkLedger({
    file: options.ledger,
    resume: options.resume ?? false,
    lateMs: options.lateMs ?? usualLateMs,
    failed: troubled,
  });
  const desk = new Desk(new House(troubles, new LocalBooks(ledger, kept), kept.limit, secure), ledger, kept);
  const open: OpenListener[] = [];
  const close = async (): Promise<void> => {
    desk.waiters.close();
    await Promise.all(open.splice(0).map((listener) => listener.close()));
    ledger.close();
    saved?.close();
  };
  try {
    const listeners = await openAll(options, { desk, ledger, troubled, tls, starttls: secure.starttls }, open);
    return sinkOf(desk, listeners, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Who else is told of messages. */
function follow({ out, arrived }: SinkOptions, kept: KeptMessages, troubled: (text: string) => void): SavedMessages | undefined {
  if (out !== undefined && kept.limit === 0) throw new Error('out wants keep above 0: what is not kept cannot be written');
  const saved = out === undefined ? undefined : new SavedMessages(out, troubled);
  if (saved !== undefined) kept.onAdded((message) => saved.add(message));
  if (arrived !== undefined) kept.onAdded((message) => tell(arrived, message));
  return saved;
}

/** What it throws, such as a failed assertion, is the program's, but the session that brought the message goes on. */
function tell(arrived: (message: ReceivedMessage) => void, message: KeptMessage): void {
  try {
    arrived(receivedOf(message));
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}

async function openAll(options: SinkOptions, parts: CrewParts, open: OpenListener[]): Promise<SinkListener[]> {
  const { smtps, lmtp, qmtp, http } = options;
  const none = [smtps, lmtp, qmtp, http].every((at) => at === undefined);
  const smtp = options.smtp ?? (none ? anywhere : undefined);
  const crew = (options.threads ?? 1) > 1 ? new Crew(parts) : undefined;
  if (crew !== undefined) open.push({ port: 0, close: () => crew.close() });
  const listeners: SinkListener[] = [];
  for (const [protocol, at] of Object.entries({ smtp, smtps, lmtp, qmtp, http })) {
    if (at === undefined) continue;
    const name = protocol as SinkListenerProtocol;
    if (name !== 'http' && crew !== undefined) {
      listeners.push({ protocol: name, address: at.address, port: crew.bind(name, at) });
      continue;
    }
    const listener =
      name === 'http' ? await openHttp(at, parts.desk, options.httpNames ?? []) : await openListener(at, name, parts.desk.house);
    open.push(listener);
    listeners.push({ protocol: name, address: at.address, port: listener.port });
  }
  await crew?.start(options.threads ?? 1);
  return listeners;
}

function sinkOf(desk: Desk, listeners: readonly SinkListener[], close: () => Promise<void>): Sink {
  const wait: Sink['wait'] = (match = {}, options = {}) => {
    const found = askedAt(wait, () => waitFor(desk, match, options));
    // Who began to wait before he sent, and failed to send, shall hear of that, not of a rejection that nobody handled.
    found.catch(() => undefined);
    return found;
  };
  return {
    listeners,
    port(protocol = 'smtp') {
      const listener = listeners.find((one) => one.protocol === protocol);
      if (listener === undefined) {
        const there = listeners.map((one) => one.protocol).join(', ');
        throw new Error(`this sink has no ${protocol} listener, only ${there}: name ${protocol} where it is started`);
      }
      return listener.port;
    },
    report: () => desk.report(),
    messages: (match = {}) => {
      checkMatch(match);
      return desk.find(match).map(receivedOf);
    },
    raw: (id) => desk.kept.get(id)?.bytes,
    part: (id, number) => {
      const message = desk.kept.get(id);
      const part = message === undefined ? undefined : partsOf(message)[number];
      return part === undefined ? undefined : Buffer.from(part.content(), 'latin1');
    },
    wait,
    clear: (match = {}) => {
      checkMatch(match);
      return desk.remove(match);
    },
    setRules: (rules) => void desk.setRules(rules),
    close,
  };
}

async function waitFor(desk: Desk, match: SinkMatch, options: { readonly timeout?: number }): Promise<ReceivedMessage> {
  checkMatch(match);
  return receivedOf(await desk.wait(match, waitMs(options, usualWaitMs)));
}
