/** Octets of a client to the process that holds its session, and back; each side waits for the other. Looks at none. */
import type { Tunnel } from './opened-mailbox.js';

export interface TunnelEnds {
  /** False when the client shall be asked again once `drained` was called. */
  write(octets: Uint8Array): boolean;
  /** The client may send on. */
  resume(): void;
  /** The other process said its last word. */
  over(): void;
}

export class TunnelRunner {
  readonly #tunnel: Tunnel;

  constructor(tunnel: Tunnel, ends: TunnelEnds) {
    this.#tunnel = tunnel;
    const { input, output } = tunnel;
    output.on('drain', () => ends.resume());
    input.on('data', (octets: Buffer) => {
      if (!ends.write(octets)) input.pause();
    });
    for (const event of ['end', 'error', 'close']) input.once(event, () => ends.over());
    if (!ends.write(tunnel.first)) input.pause();
    else input.resume();
  }

  /** False when the client shall not be read until `resume`. Takes the octets over. */
  forward(octets: Uint8Array): boolean {
    return this.#tunnel.output.writable ? this.#tunnel.output.write(octets) : true;
  }

  /** The client took what it was sent. */
  drained(): void {
    this.#tunnel.input.resume();
  }

  /** The client says no more. */
  end(): void {
    this.#tunnel.output.end();
  }

  close(): void {
    this.#tunnel.close();
  }
}
