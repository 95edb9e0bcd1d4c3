/**
 * A worker thread as the main thread sees it: its control calls, its links, its end. When to start it again is
 * decided by the node.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { transfer } from 'comlink';
import type { Host } from './host.js';
import { type ControlCall, controlOf } from './kernel/control.js';
import { PulseWatch } from './kernel/pulse.js';
import type { ActorName } from './messages.js';
import type { ThreadControl, ThreadData } from './thread-main.js';

const linkMs = 60_000;

export class StartedThread {
  readonly control: ControlCall<ThreadControl>;
  readonly name: string;
  readonly pulse: PulseWatch;
  readonly #worker: Worker;
  readonly #port: MessagePort;

  constructor(worker: Worker, port: MessagePort, name: string, pulse: PulseWatch) {
    this.name = name;
    this.pulse = pulse;
    this.#worker = worker;
    this.#port = port;
    this.control = controlOf<ThreadControl>(port, name);
  }

  #connect(port: MessagePort, names: readonly ActorName[]): Promise<void> {
    return this.control.within(linkMs).connect(transfer(port, [port as never]), names);
  }

  /** `here` are the names that the main thread reaches over the link, `there` those that this thread reaches. */
  async link(main: Host, here: readonly ActorName[], there: readonly ActorName[]): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    main.connect(port1, here);
    await this.#connect(port2, there);
  }

  async linkThread(other: StartedThread, here: readonly ActorName[], there: readonly ActorName[]): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    await other.#connect(port1, there);
    await this.#connect(port2, here);
  }

  /** After its stop: nothing is left that keeps the thread, so it ends by itself. */
  release(): void {
    this.#port.close();
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** `ended` is called once, with the reason, when the thread is gone for whatever cause. */
export function startThread(data: Omit<ThreadData, 'pulse'>, ended: (reason: string) => void): StartedThread {
  const { name } = data;
  const { port1, port2 } = new MessageChannel();
  const pulse = new PulseWatch();
  const options = { workerData: { ...data, pulse: pulse.shared, control: port2 }, transferList: [port2], name };
  const worker = new Worker(new URL('./thread-main.js', import.meta.url), options);
  let reason = '';
  worker.on('error', (error) => {
    reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  });
  worker.once('exit', (code) => ended(reason === '' ? `exit code ${code}` : reason));
  return new StartedThread(worker, port1, name, pulse);
}
