/**
 * The node process around startNode: its life line to the parent, the control socket, its end.
 * What a node does is not known here.
 */
import { rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { obeyFaults } from '../../actors/kernel/fault.js';
import { beatMs } from '../../actors/kernel/pulse.js';
import type { NodeOptions, RunningNode } from '../../actors/node-api.js';
import { readSettings } from '../../store/control-dir.js';
import { controlWarnings } from '../../store/control-warnings.js';
import { reason } from '../complain.js';
import { serveControl } from '../control/server.js';
import { controlSocket } from '../home.js';
import { receiveLines, sendLine } from '../run/json-lines.js';
import { LogLines } from './log-lines.js';
import { pipeFd, type ToNode, type ToParent } from './pipe-messages.js';
import { serverLog, type WriteLog } from './server-log.js';

export type StartNode = (options: NodeOptions) => Promise<RunningNode>;
type Start = Extract<ToNode, { type: 'start' }>;

/** A node that has lost its parent ends its deliveries for this long, then just ends. */
const orphanGraceMs = 1_000;

/** Takes this process over: reads the pipe on descriptor 3, starts the node, ends the process when it is over. */
export function runNode(startNode: StartNode): void {
  // A signal that the terminal sends to the whole group is the parent's to act on.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGALRM'] as const) process.on(signal, () => undefined);
  process.umask(0o077);
  new NodeProcess(startNode).listen();
}

class NodeProcess {
  readonly #startNode: StartNode;
  readonly #pipe = new Socket({ fd: pipeFd });
  #node: RunningNode | undefined;
  readonly #lines = new LogLines(1);
  #log: WriteLog = serverLog({ logformat: 'qmail', logstamp: 'none' }, this.#lines);
  #home: string | undefined;
  /** control/listeners as this node was started with, in JSON. */
  #listeners = '';
  #stopAsked: number | undefined;
  #ending = false;

  constructor(startNode: StartNode) {
    this.#startNode = startNode;
  }

  listen(): void {
    obeyFaults('main');
    setInterval(() => this.#beat(), beatMs).unref();
    receiveLines(
      this.#pipe,
      (value) => this.#obey(value as ToNode),
      () => void this.#end(orphanGraceMs, 111),
    );
  }

  /** Not while the parent does not read: it finds out when it does again. */
  #beat(): void {
    if (this.#pipe.writableLength === 0) this.#tell({ type: 'pulse' });
  }

  #tell(message: ToParent): void {
    sendLine(this.#pipe, message);
  }

  #obey(message: ToNode): void {
    if (message.type === 'start') this.#start(message).catch((error: unknown) => this.#fail(describe(error)));
    else if (message.type === 'stop') void this.#end(message.graceMs, 0);
    else if (message.type === 'reload') void this.#reload();
    else void this.#node?.allDue();
  }

  async #start(start: Start): Promise<void> {
    this.#home = start.home;
    const read = await readSettings(start.home);
    if ('problems' in read) {
      const [first] = read.problems;
      return this.#fail(`${first?.file}:${first?.line}: ${first?.text}`);
    }
    this.#log = serverLog(read.settings, this.#lines);
    this.#listeners = JSON.stringify(read.settings.listeners);
    const options: NodeOptions = {
      home: start.home,
      settings: read.settings,
      listenerFds: start.listeners,
      uid: process.geteuid?.() ?? 0,
      ...(start.lspawndSocket === undefined ? {} : { lspawndSocket: start.lspawndSocket }),
      ...(start.defaultDelivery === undefined ? {} : { defaultDelivery: start.defaultDelivery }),
    };
    const node = await this.#startNode(options);
    this.#node = node;
    void node.failed.then((text) => this.#fail(text));
    if (this.#stopAsked !== undefined) return this.#end(this.#stopAsked, 0);
    await serveControl({
      home: start.home,
      node,
      parentPid: start.parentPid,
      listeners: start.listeners.map(({ protocol, address, port }) => ({ protocol, address, port })),
      reload: () => this.#reload(),
      stop: () => this.#tell({ type: 'stop please' }),
      restart: () => this.#tell({ type: 'restart please' }),
    });
    this.#tell({ type: 'ready' });
  }

  async #reload(): Promise<readonly string[]> {
    if (this.#node === undefined) return [];
    const { problems } = await this.#node.reload();
    const lines = problems.map(({ file, line, text }) => `${file}${line === 0 ? '' : `:${line}`}: ${text}`);
    for (const line of lines) this.#log('alert', `unable to reread ${line}; the old settings stay`);
    if (lines.length === 0) await this.#noteSettings();
    return lines;
  }

  /** The log may have another form; the parent's sockets stay as they are while it runs. */
  async #noteSettings(): Promise<void> {
    const read = this.#home === undefined ? { problems: [] } : await readSettings(this.#home);
    if ('problems' in read) return;
    const { logformat, logstamp } = read.settings;
    this.#log = serverLog({ logformat, logstamp }, this.#lines);
    for (const text of await controlWarnings(this.#home ?? '')) this.#log('warning', text);
    this.#tell({ type: 'log', format: { logformat, logstamp } });
    if (JSON.stringify(read.settings.listeners) === this.#listeners) return;
    this.#log('warning', 'control/listeners was changed: it counts from the next tqmail stop and start on');
  }

  /** Ends the process after the node: `code` is its exit code unless stopping fails. */
  async #end(graceMs: number, code: number): Promise<void> {
    if (this.#ending) return;
    if (this.#node === undefined) {
      // Still starting: told to stop, it ends as soon as it can; orphaned, at once.
      if (code !== 0) process.exit(code);
      this.#stopAsked = graceMs;
      return;
    }
    this.#ending = true;
    setTimeout(() => process.exit(111), graceMs + orphanGraceMs).unref();
    try {
      await this.#node.stop(graceMs);
      // Only after a clean end: until then somebody may still ask.
      if (this.#home !== undefined) rmSync(controlSocket(this.#home), { force: true });
    } catch (error) {
      this.#log('alert', `cannot stop cleanly: ${describe(error)}`);
      process.exit(111);
    }
    process.exit(code);
  }

  /** The node cannot work: the parent is told why and starts it again. */
  #fail(text: string): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#pipe.end(`${JSON.stringify({ type: 'failed', text } satisfies ToParent)}\n`, () => process.exit(111));
    setTimeout(() => process.exit(111), orphanGraceMs).unref();
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? reason(error) : String(error);
}
