/**
 * The client's bytes of a server command that speaks on a descriptor (UCSPI): read piece by piece, each within a time.
 * Pipes and sockets go through the event loop, because a blocked read would keep the process from ending.
 */
import { fstatSync, readSync } from 'node:fs';
import { Socket } from 'node:net';

const pieceSize = 65_536;

export interface WireInput {
  /**
   * The next bytes, valid until the next call; `end` at end of input and on a read error; `timeout` after so many
   * milliseconds without any.
   */
  read(limitMs: number): Promise<Uint8Array | 'end' | 'timeout'>;
  /** Lets go of a pipe or socket (and closes it); a file stays open. */
  close(): void;
}

export function wireInput(fd: number): WireInput {
  const kind = fstatSync(fd);
  return kind.isSocket() || kind.isFIFO() ? new StreamInput(fd) : new FileInput(fd);
}

class FileInput implements WireInput {
  readonly #fd: number;
  readonly #piece = Buffer.allocUnsafe(pieceSize);

  constructor(fd: number) {
    this.#fd = fd;
  }

  async read(): Promise<Uint8Array | 'end'> {
    try {
      const octets = readSync(this.#fd, this.#piece);
      return octets === 0 ? 'end' : this.#piece.subarray(0, octets);
    } catch {
      return 'end';
    }
  }

  close(): void {
    // Not ours to close.
  }
}

class StreamInput implements WireInput {
  readonly #socket: Socket;
  #over = false;
  #wake: (() => void) | undefined;

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#socket.on('readable', () => this.#wake?.());
    for (const event of ['end', 'error', 'close']) {
      this.#socket.on(event, () => {
        this.#over = true;
        this.#wake?.();
      });
    }
  }

  async read(limitMs: number): Promise<Uint8Array | 'end' | 'timeout'> {
    const piece = this.#socket.read() as Buffer | null;
    if (piece !== null) return piece;
    if (this.#over) return 'end';
    const woken = await new Promise<boolean>((settle) => {
      const timer = setTimeout(() => settle(false), limitMs);
      this.#wake = () => {
        clearTimeout(timer);
        settle(true);
      };
    });
    this.#wake = undefined;
    return woken ? this.read(limitMs) : 'timeout';
  }

  close(): void {
    this.#socket.destroy();
  }
}
