/**
 * One system call on a message's way fails, with the next message the one after it, and so on. After each the server recovers
 * by itself. At the end everything accepted is accounted for.
 */
import { processTree } from '../../../bench/process/tree.js';
import { startKeepingSink } from '../../support/keeping-sink.js';
import {
  banner,
  type Ending,
  localRecipient,
  makeMailHome,
  openFolder,
  remoteRecipient,
  until,
} from '../../support/server-home.js';
import { ServerProcess } from '../../support/server-process.js';
import { drained, statusOf } from '../../support/server-status.js';
import { SmtpDialogue } from '../../support/smtp-dialogue.js';
import { Book, type Verdict } from '../kill/book.js';
import { numbered, numberOf } from '../kill/numbered.js';
import { readMaildir } from '../kill/rounds.js';
import type { CallFault } from './plan.js';
import { type TracedCall, trace, wasInjected } from './traced.js';

/** One call on a message's way, among those of its name in its thread: the first is 1. */
interface CallPoint {
  readonly call: string;
  readonly n: number;
}

/** What happened to the message of which that call failed. */
interface CallRound extends CallPoint {
  /** What failed; undefined: there were fewer such calls this time. */
  readonly failed: string | undefined;
  readonly answer: string;
  /** The node is another one since. */
  readonly restarted: boolean;
}

export interface SweepResult extends Verdict {
  readonly rounds: readonly CallRound[];
}

/** Failures that one server bears; the fifth within a minute ends it. */
const mostBorne = 3;
/** One thread waits for the disk, so that its calls can be counted. */
const environment = { TQMAIL_TEST_FAULTS: '1', TQMAIL_TEST_POOL_THREADS: '1' };

class Sweep {
  readonly book = new Book();
  readonly rounds: CallRound[] = [];
  readonly #ending: Ending;
  readonly #home: ServerProcess['home'];
  readonly #fault: CallFault;
  #server: ServerProcess | undefined;
  #borne = 0;
  #sent = 0;
  #ids: readonly number[] = [];

  constructor(ending: Ending, home: ServerProcess['home'], fault: CallFault) {
    this.#ending = ending;
    this.#home = home;
    this.#fault = fault;
  }

  /** A server that has just delivered a message, so that all its processes are there. */
  async #ready(): Promise<ServerProcess> {
    if (this.#server !== undefined && this.#borne >= mostBorne) await this.stop();
    if (this.#server === undefined) {
      this.#server = new ServerProcess(this.#ending, this.#home, environment);
      this.#borne = 0;
      this.#ids = [];
    }
    const server = this.#server;
    await banner(this.#home.port);
    if (this.#ids.length > 0) return server;
    await until('the node tells its pid', 20_000, () => server.pid('node') !== undefined);
    await this.#takenAndDelivered(server);
    this.#ids = this.#fault.process === 'node' ? [server.pid('node') ?? 0] : deliverers(server);
    if (this.#fault.thread === 'disk') this.#ids = [await this.#diskThread(server)];
    return server;
  }

  /** The thread of the process that flushes. */
  async #diskThread(server: ServerProcess): Promise<number> {
    const detach = await trace(this.#ending, { ids: this.#ids, follow: true, calls: ['fsync', 'fdatasync'] });
    await this.#takenAndDelivered(server);
    const thread = (await detach()).find(({ text }) => /data\.mdb|Maildir/.test(text))?.thread;
    if (thread === undefined) throw new Error('no thread flushes');
    return thread;
  }

  async #takenAndDelivered(server: ServerProcess): Promise<void> {
    const answer = await this.#send();
    if (!answer.startsWith('250')) throw new Error(`a healthy server refuses mail: ${answer}`);
    await drained(server);
  }

  async #send(): Promise<string> {
    const n = this.#number();
    const client = await (await SmtpDialogue.open(this.#home.port)).greet();
    const answer = await client.send([localRecipient, remoteRecipient], numbered(n).toString('latin1'));
    client.close();
    if (answer.startsWith('250')) this.book.accept(n);
    return answer;
  }

  /** Message 96, 193, … is one with a body file; the others are small. */
  #number(): number {
    const at = this.#sent;
    this.#sent += 1;
    return this.#fault.large ? 97 * at + 96 : at + Math.floor(at / 96);
  }

  /** The calls of one message's way that are meant. */
  async points(): Promise<CallPoint[]> {
    const server = await this.#ready();
    const { calls, path } = this.#fault;
    const detach = await trace(this.#ending, { ids: this.#ids, follow: false, calls });
    await this.#takenAndDelivered(server);
    const made = new Map<string, number>();
    const points: CallPoint[] = [];
    for (const { text } of await detach()) {
      const [, call] = /^(\w+)\(/.exec(text) ?? [];
      if (call === undefined) continue;
      const n = (made.get(call) ?? 0) + 1;
      made.set(call, n);
      if (text.includes(path)) points.push({ call, n });
    }
    return points;
  }

  /** One message, of which that call fails. */
  async round({ call, n }: CallPoint): Promise<CallRound> {
    const server = await this.#ready();
    const before = (await statusOf(server))?.nodePid;
    const inject = `error=${this.#fault.error}:when=${n}`;
    const detach = await trace(this.#ending, { ids: this.#ids, follow: false, calls: [call], inject });
    this.book.faultBegins();
    const answer = await this.#send().catch((why: unknown) => `closed (${String(why)})`);
    await banner(this.#home.port);
    await drained(server);
    const injected = (await detach()).filter(wasInjected);
    this.book.faultIsOver();
    await until('the server answers', 20_000, async () => (await statusOf(server)) !== undefined);
    const restarted = (await statusOf(server))?.nodePid !== before;
    if (restarted) this.#borne += 1;
    if (restarted || this.#fault.process === 'deliverer') this.#ids = [];
    const round = { call, n, failed: injected.map(nameOf).join(', ') || undefined, answer, restarted };
    this.rounds.push(round);
    return round;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }
}

/** The processes that deliver as users; without root the node itself does. */
function deliverers(server: ServerProcess): number[] {
  const lspawnd = server.pid('lspawnd');
  if (lspawnd === undefined) return [server.pid('node') ?? 0];
  return [...processTree([lspawnd]).keys()].filter((pid) => pid !== lspawnd);
}

/** `fdatasync data.mdb` of `fdatasync(34</…/data.mdb>) = -1 …`. */
function nameOf({ text }: TracedCall): string {
  const [, call = text] = /^(?:<\.\.\. )?(\w+)/.exec(text) ?? [];
  const [, path = ''] = /[<"]([^>"]+)[>"]/.exec(text) ?? [];
  return `${call} ${path.split('/').slice(-2).join('/')}`.trim();
}

interface SweepOptions {
  /** Of all calls those that are to fail; default: all. */
  readonly pick?: (points: readonly CallPoint[]) => readonly CallPoint[];
  readonly enough?: () => boolean;
}

export async function runSweep(ending: Ending, fault: CallFault, options: SweepOptions = {}): Promise<SweepResult> {
  let sweep: Sweep | undefined;
  const sink = await startKeepingSink(ending, {
    taken: ({ bytes }) => {
      sweep?.book.arriveRemote(numberOf(bytes));
      return { accept: true };
    },
  });
  const home = await makeMailHome(openFolder(ending), sink.port);
  sweep = new Sweep(ending, home, fault);
  const points = await sweep.points();
  for (const point of options.pick?.(points) ?? points) if (options.enough?.() !== true) await sweep.round(point);
  if (options.pick === undefined) await beyond(sweep, points, options.enough);
  await sweep.stop();
  readMaildir(home.maildir, sweep.book);
  return { ...sweep.book.verdict(), rounds: sweep.rounds };
}

/** A message's commits are not always the same: the calls after the last one seen, until there is none left to fail. */
async function beyond(sweep: Sweep, points: readonly CallPoint[], enough?: () => boolean): Promise<void> {
  // Others than those that the thread makes for its own ends too.
  const last = new Map(points.filter(({ call }) => !/^writev?$/.test(call)).map(({ call, n }) => [call, n]));
  for (const [call, n] of last) {
    for (let next = n + 1; enough?.() !== true; next += 1) {
      if ((await sweep.round({ call, n: next })).failed === undefined) break;
    }
  }
}
