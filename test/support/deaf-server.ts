/**
 * A listener that never accepts, so that connecting to it runs into the time limit: its thread sleeps
 * and its short queue is filled with connections that stay.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

const code = `
const { createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const server = createServer();
server.listen({ port: workerData.port, host: workerData.address, backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  setImmediate(() => Atomics.wait(workerData.wake, 0, 0));
});`;

export class DeafServer {
  readonly #wake = new Int32Array(new SharedArrayBuffer(4));
  readonly #fillers: Socket[] = [];
  #worker: Worker | undefined;

  /** Resolves to the port once further connections hang. */
  async start(address: string, port = 0): Promise<number> {
    this.#worker = new Worker(code, { eval: true, workerData: { address, port, wake: this.#wake } });
    const [bound] = (await once(this.#worker, 'message')) as [number];
    // Backlog 1 takes two connections (Linux: the queue is full beyond its length).
    for (let filler = 0; filler < 2; filler++) {
      const socket = connect(bound, address);
      socket.on('error', () => undefined);
      this.#fillers.push(socket);
      await once(socket, 'connect');
    }
    return bound;
  }

  async stop(): Promise<void> {
    for (const socket of this.#fillers) socket.destroy();
    Atomics.store(this.#wake, 0, 1);
    Atomics.notify(this.#wake, 0);
    await this.#worker?.terminate();
  }
}
