/**
 * Asks the client's ident server who the connection belongs to (RFC 1413). Bounded in time and length.
 */
import { connect } from 'node:net';
import { identName, identQuestion, longestIdentAnswer } from '../../protocol/ident.js';
import type { ByteString } from '../../protocol/mail.js';

const identPort = 113;

interface End {
  readonly address: string;
  readonly port: number;
}
export interface ConnectionEnds {
  readonly local: End;
  readonly remote: End;
}

/** Undefined: no answer. `portOffset` moves the port, for tests. */
export function askIdent(
  { local, remote }: ConnectionEnds,
  seconds: number,
  portOffset: number,
): Promise<ByteString | undefined> {
  return new Promise((settle) => {
    const socket = connect({ host: remote.address, port: identPort + portOffset, localAddress: local.address });
    let text = '';
    const end = (answer: ByteString | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      settle(answer);
    };
    const timer = setTimeout(() => end(undefined), seconds * 1000);
    socket.setEncoding('latin1');
    socket.once('connect', () => socket.write(identQuestion(remote.port, local.port)));
    socket.on('data', (piece: string) => {
      text += piece;
      const lineEnd = text.indexOf('\n');
      if (lineEnd >= 0) end(identName(text.slice(0, lineEnd)).slice(0, longestIdentAnswer));
      // Longer than any name: what came first counts.
      else if (text.length > 4 * longestIdentAnswer) end(identName(text).slice(0, longestIdentAnswer));
    });
    socket.once('error', () => end(undefined));
    socket.once('close', () => end(undefined));
  });
}
