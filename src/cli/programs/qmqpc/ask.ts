/**
 * One QMQP server asked to take one package (spec qmtp-qmqp.md §3.1). Says how it ended; which server comes next is the
 * caller's business.
 */
import { connect } from 'node:net';

/** `unreached`: nothing was said, another server may be tried. Else what this one said decides. */
export type Asked = { readonly unreached: 'timeout' | 'refused' } | { readonly said: 'K' | 'Z' | 'D' | 'broken' };

const connectMs = 10_000;
/** Milliseconds of silence after which the connection counts as broken. */
const silenceMs = 60_000;

/** Never rejects. */
export function askServer(address: string, port: number, octets: readonly Uint8Array[]): Promise<Asked> {
  return new Promise((settle) => {
    const socket = connect({ host: address, port, noDelay: true });
    const end = (asked: Asked): void => {
      socket.destroy();
      settle(asked);
    };
    let connected = false;
    const timer = setTimeout(() => end({ unreached: 'timeout' }), connectMs);
    socket.once('connect', () => {
      connected = true;
      clearTimeout(timer);
      socket.setTimeout(silenceMs, () => end({ said: 'broken' }));
      for (const piece of octets) socket.write(piece);
    });
    // The first of these letters decides, whatever stands before it: the length of the answer is not looked at.
    socket.on('data', (chunk: Buffer) => {
      const letter = chunk.find((octet) => octet === 75 || octet === 90 || octet === 68);
      if (letter !== undefined) end({ said: String.fromCharCode(letter) as 'K' | 'Z' | 'D' });
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (connected) end({ said: 'broken' });
      else end({ unreached: error.code === 'ETIMEDOUT' ? 'timeout' : 'refused' });
    });
    socket.on('end', () => end({ said: 'broken' }));
  });
}
