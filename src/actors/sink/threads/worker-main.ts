/**
 * Entry of a process that takes mail for a sink: listens on inherited descriptors and tells the sink what came, in batches.
 * It ends with the sink: when it is told, or when the channel to it closes.
 */
import type { ByteString } from '../../../protocol/mail.js';
import type { SinkVerdict } from '../../../protocol/sink/judge.js';
import { monotonicUs } from '../../kernel/monotonic.js';
import { type Books, type FarJudge, House, type Marked, type Question } from '../house.js';
import type { KeptMessage } from '../kept.js';
import { type OpenListener, openListener } from '../listeners.js';
import { contextOf } from '../tls/context.js';
import { Troubles } from '../troubles.js';
import type { FromWorker, ToWorker } from './messages.js';
import { ArrivalPacker } from './packed.js';

const batchMs = 20;
const mostRows = 8_192;

class FarBooks implements Books {
  readonly #packer = new ArrivalPacker();
  #kept: KeptMessage[] = [];
  #told = '';
  house: House | undefined;

  account(marked: Marked, recipients: readonly ByteString[]): void {
    this.#packer.add(marked, recipients, monotonicUs());
    if (this.#packer.rows >= mostRows) this.flush();
  }

  keep(message: KeptMessage): void {
    this.#kept.push(message);
  }

  flush(): void {
    const counts = { ...this.house?.counts } as House['counts'];
    const now = Object.values(counts).join();
    if (now === this.#told && this.#packer.rows === 0 && this.#kept.length === 0) return;
    this.#told = now;
    tell({ tag: 'batch', counts, arrivals: this.#packer.take(), kept: this.#kept });
    this.#kept = [];
  }
}

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

/** Asks the sink itself; what was asked is answered in any order. */
class Asker implements FarJudge {
  readonly #open = new Map<number, (verdict: SinkVerdict) => void>();
  #last = 0;
  /** A rule limits connections. */
  #limits = false;

  ask(question: Question, then: (verdict: SinkVerdict) => void): void {
    const number = ++this.#last;
    this.#open.set(number, then);
    tell({ tag: 'ask', number, question });
  }

  answered(number: number, verdict: SinkVerdict): void {
    const then = this.#open.get(number);
    this.#open.delete(number);
    then?.(verdict);
  }

  came(client: string): void {
    if (this.#limits) tell({ tag: 'came', client });
  }

  left(client: string): void {
    if (this.#limits) tell({ tag: 'left', client });
  }

  /** Other rules are in force. */
  changed({ troubles, clients }: House): void {
    this.#limits = troubles.limits;
    if (this.#limits) tell({ tag: 'here', clients });
  }
}

const books = new FarBooks();
const asker = new Asker();
const open: OpenListener[] = [];

async function begin(told: Extract<ToWorker, { tag: 'begin' }>): Promise<void> {
  const house = new House(new Troubles(told.rules, told.magic, told.ageMs), books, told.keep, {
    context: contextOf(told.tls),
    starttls: told.starttls,
    maxSize: told.maxSize,
  });
  books.house = house;
  house.far = asker;
  asker.changed(house);
  try {
    for (const { protocol, fd } of told.listeners) open.push(await openListener({ fd }, protocol, house));
    setInterval(() => books.flush(), batchMs);
    tell({ tag: 'ready' });
  } catch (error) {
    tell({ tag: 'failed', why: (error as Error).message });
  }
}

function obey(text: string, number: number): void {
  const { house } = books;
  if (house === undefined) return;
  house.troubles.replace(text);
  asker.changed(house);
  tell({ tag: 'obeyed', number });
}

async function close(): Promise<void> {
  await Promise.all(open.map((listener) => listener.close()));
  books.flush();
  process.disconnect();
}

// Ctrl-C reaches the whole group; the sink decides when its processes end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToWorker) => {
  if (message.tag === 'begin') begin(message);
  else if (message.tag === 'rules') obey(message.text, message.number);
  else if (message.tag === 'verdict') asker.answered(message.number, message.verdict);
  else close();
});
