/**
 * The parent at work: its children, the signals, the files in run/. Ends when the server was told to stop,
 * or when a child died too often.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { giftSocket } from '../../actors/spawn/mailbox-gift.js';
import type { ByteString } from '../../protocol/mail.js';
import { complain, reason } from '../complain.js';
import { lspawndSocket, pidsFile } from '../home.js';
import { type ReadyListener, removeFile, writePids, writeReady } from '../run/run-files.js';
import { LogLines } from './log-lines.js';
import { spawnNode, tellNode, v8Flags } from './node-process.js';
import { NodePulse, watchNode } from './node-pulse.js';
import type { ToParent } from './pipe-messages.js';
import type { Prepared } from './prepare.js';
import { serverLog, type WriteLog } from './server-log.js';
import { ServiceNotice } from './service-notice.js';
import { type StartSignal, takeSignals } from './signals.js';
import { endedCleanly, type Supervised, supervise } from './supervise.js';

export interface ServerOptions {
  /** Absolute. */
  readonly home: string;
  readonly readyFile: string | undefined;
  readonly entry: string;
  /** Entry of the root helper for local deliveries; undefined: not started. */
  readonly lspawnd: string | undefined;
  readonly prepared: Prepared;
  readonly whenReady: WhenReady | undefined;
  /** In place of control/defaultdelivery. */
  readonly defaultDelivery: ByteString | undefined;
  /** Descriptor of the log. */
  readonly log: number;
}

export type WhenReady = (listeners: readonly ReadyListener[]) => void;

/** Sessions and deliveries get this long to end (contract §4); then the node gets a little more to close. */
const graceMs = 30_000;
const closeMs = 5_000;
/** Files that could not be written are tried again this often. */
const againMs = 1_000;

export function runServer(options: ServerOptions): Promise<number> {
  return new Promise((settle) => new Server(options, settle).begin());
}

class Server {
  readonly #options: ServerOptions;
  readonly #settle: (code: number) => void;
  readonly #lines: LogLines;
  #log: WriteLog;
  #node: Supervised | undefined;
  readonly #pulse = new NodePulse();
  readonly #notice = new ServiceNotice(process.env, (text) => this.#log('warning', text));
  #lspawnd: Supervised | undefined;
  #stopping = false;
  #wasReady = false;
  #lastWords = '';
  /** The node that said it cannot go on. */
  #failing: ChildProcess | undefined;
  /** Files in run/ that could not be written, and how they are. */
  readonly #unkept = new Map<string, () => void>();
  #again: NodeJS.Timeout | undefined;

  constructor(options: ServerOptions, settle: (code: number) => void) {
    this.#options = options;
    this.#settle = settle;
    this.#lines = new LogLines(options.log);
    this.#log = serverLog(options.prepared.settings, this.#lines);
  }

  begin(): void {
    const { home, entry, lspawnd, prepared, defaultDelivery, log } = this.#options;
    const { identity, lock, listeners, copies, warnings } = prepared;
    for (const text of warnings) this.#log('warning', text);
    if (lspawnd !== undefined) {
      const { concurrencylocal } = prepared.settings;
      const args = [lspawnd, home, lspawndSocket(home), String(identity.uid), String(concurrencylocal)];
      if (defaultDelivery !== undefined) args.push(Buffer.from(defaultDelivery, 'latin1').toString('base64'));
      // It lives as long as its pipes: descriptors 0 and 3 close with this process.
      this.#lspawnd = this.#keep('lspawnd', () =>
        spawn(process.execPath, [...v8Flags, ...args], { cwd: home, stdio: ['pipe', 'ignore', 'inherit', 'pipe'] }),
      );
      this.#lspawnd.begin();
    }
    const socket = lspawnd === undefined ? {} : { lspawndSocket: lspawndSocket(home) };
    const given = defaultDelivery === undefined ? {} : { defaultDelivery };
    const nodeSpawn = { entry, execPath: process.execPath, home, identity, lock, listeners, copies, log, ...socket, ...given };
    this.#node = this.#keep('node', () => spawnNode(nodeSpawn, (message) => this.#hear(message)));
    this.#node.begin();
    watchNode(
      this.#pulse,
      () => this.#node?.child()?.pid,
      () => this.#stalled(),
    );
    takeSignals((signal) => this.#signal(signal));
  }

  #keep(role: string, start: () => ChildProcess): Supervised {
    return supervise({
      role,
      spawn: start,
      started: () => {
        if (role === 'node') this.#pulse.begin();
        this.#pids();
      },
      died: (how, delayMs) => {
        this.#log('alert', `${role} ended (${how})${this.#words()}; starting it again in ${delayMs} ms`);
        this.#pids();
      },
      gaveUp: (how) => this.#giveUp(role, how),
    });
  }

  #words(): string {
    const text = this.#lastWords === '' ? '' : `: ${this.#lastWords}`;
    this.#lastWords = '';
    return text;
  }

  #pids(): void {
    const processes = [{ role: 'start', pid: process.pid }];
    for (const [role, kept] of [
      ['node', this.#node],
      ['lspawnd', this.#lspawnd],
    ] as const) {
      const pid = kept?.child()?.pid;
      if (pid !== undefined) processes.push({ role, pid });
    }
    const path = pidsFile(this.#options.home);
    this.#keepFile(path, () => writePids(path, processes));
  }

  /** A full or read-only disk is no reason to end: what is there stays, and is written when it can be. */
  #keepFile(path: string, write: () => void): void {
    try {
      write();
      this.#unkept.delete(path);
    } catch (error) {
      if (!this.#unkept.has(path))
        this.#log('warning', `cannot write ${path} (${reason(error)}); it is tried again, mail goes on`);
      this.#unkept.set(path, write);
      this.#again ??= setInterval(() => this.#keepFiles(), againMs).unref();
    }
  }

  #keepFiles(): void {
    for (const [path, write] of this.#unkept) this.#keepFile(path, write);
    if (this.#unkept.size > 0) return;
    clearInterval(this.#again);
    this.#again = undefined;
  }

  #hear(message: ToParent): void {
    if (message.type === 'pulse') this.#pulse.heard();
    else if (message.type === 'ready') this.#ready();
    else if (message.type === 'log') this.#log = serverLog(message.format, this.#lines);
    else if (message.type === 'failed') this.#failed(message.text);
    else if (message.type === 'stop please') void this.#stop();
    else if (message.type === 'restart please' && !this.#stopping) {
      this.#node?.endsToRestart();
      tellNode(this.#node?.child(), { type: 'stop', graceMs });
    }
  }

  /** A node that cannot go on ends itself; one that is stuck on its way out is ended. */
  #failed(text: string): void {
    this.#lastWords = text;
    const child = this.#node?.child();
    if (child === undefined || child === this.#failing) return;
    this.#failing = child;
    const timer = setTimeout(() => child.kill('SIGKILL'), closeMs);
    child.once('exit', () => clearTimeout(timer));
  }

  /** Its threads go on without it, but nobody watches them and no socket of control is answered. */
  #stalled(): void {
    this.#lastWords = 'its main thread stood still';
    this.#node?.child()?.kill('SIGKILL');
  }

  #ready(): void {
    this.#pulse.ready();
    const { readyFile, prepared, whenReady } = this.#options;
    this.#pids();
    const listeners = prepared.listeners.map(({ protocol, address, port }) => ({ protocol, address, port }));
    if (readyFile !== undefined) this.#keepFile(readyFile, () => writeReady(readyFile, process.pid, listeners));
    if (!this.#wasReady) whenReady?.(listeners);
    this.#wasReady = true;
    this.#notice.ready();
  }

  #signal(signal: StartSignal): void {
    if (signal === 'SIGHUP') tellNode(this.#node?.child(), { type: 'reload' });
    else if (signal === 'SIGALRM') tellNode(this.#node?.child(), { type: 'alldue' });
    else void this.#stop();
  }

  async #stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#notice.stopping();
    const gone = this.#node?.ending();
    const child = this.#node?.child();
    tellNode(child, { type: 'stop', graceMs });
    const timer = setTimeout(() => child?.kill('SIGKILL'), graceMs + closeMs);
    const how = (await gone) ?? '';
    clearTimeout(timer);
    if (!endedCleanly(how))
      this.#log('warning', `node ended (${how}) while stopping${this.#words()}; the queue keeps what was accepted`);
    this.#finish(0);
  }

  #giveUp(role: string, how: string): void {
    const text = `${role} ended five times within a minute, the last time with ${how}${this.#words()}`;
    this.#log('alert', `${text}; giving up`);
    complain(`tqmail: fatal: ${text}`);
    void this.#node?.ending();
    this.#node?.child()?.kill('SIGKILL');
    this.#finish(111);
  }

  #finish(code: number): void {
    clearInterval(this.#again);
    this.#unkept.clear();
    void this.#lspawnd?.ending();
    this.#lspawnd?.child()?.kill('SIGTERM');
    removeFile(pidsFile(this.#options.home));
    const lspawnd = lspawndSocket(this.#options.home);
    for (const path of [lspawnd, giftSocket(lspawnd)]) removeFile(path);
    if (this.#options.readyFile !== undefined) removeFile(this.#options.readyFile);
    this.#settle(code);
  }
}
