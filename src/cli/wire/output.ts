/**
 * The server's bytes of a command that speaks on a descriptor (UCSPI): written within a time, so that a client that does
 * not read cannot keep the process.
 */
import { fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { ByteString } from '../../protocol/mail.js';

export interface WireOutput {
  /** False when nobody reads any more, or not within so many milliseconds; then nothing more can be written. */
  write(octets: ByteString | Uint8Array, limitMs: number): Promise<boolean>;
  /** Lets go of a pipe or socket (and closes it); a file stays open. */
  close(): void;
}

export function wireOutput(fd: number): WireOutput {
  const kind = fstatSync(fd);
  return kind.isSocket() || kind.isFIFO() ? streamOutput(fd) : fileOutput(fd);
}

function fileOutput(fd: number): WireOutput {
  return {
    write: async (octets) => {
      const bytes = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
        return true;
      } catch {
        return false;
      }
    },
    close: () => undefined,
  };
}

function streamOutput(fd: number): WireOutput {
  const socket = new Socket({ fd, readable: false, writable: true });
  // Told by the callback of the write.
  socket.on('error', () => undefined);
  return {
    write: (octets, limitMs) =>
      new Promise((settle) => {
        const timer = setTimeout(() => {
          socket.destroy();
          settle(false);
        }, limitMs);
        socket.write(octets as string, 'latin1', (error) => {
          clearTimeout(timer);
          settle(error === undefined || error === null);
        });
      }),
    close: () => void socket.destroy(),
  };
}
