/**
 * What sessions use of a connection. net.Socket has it, and LeanSocket has it. Types only.
 */

/** Gets views that are valid during the call only. */
export type Bytes = (chunk: Buffer) => void;
export type WriteDone = (error?: Error | null) => void;

export interface Connected {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Octets that the system has not taken yet. */
  readonly writableLength: number;
  readonly destroyed: boolean;
  pause(): unknown;
  resume(): unknown;
  isPaused(): boolean;
  /** False: 'drain' comes when all is written. */
  write(octets: string | Uint8Array, encoding: 'latin1', done?: WriteDone): boolean;
  /** Closes this side once all is written. */
  end(): unknown;
  destroy(): unknown;
  /** It does not keep the thread alive. */
  unref(): unknown;
  on(event: ConnectedEvent, listener: () => void): unknown;
  once(event: ConnectedEvent, listener: () => void): unknown;
}

/** `end`: the client closed its side. `finish`: ours is closed. */
export type ConnectedEvent = 'end' | 'finish' | 'close' | 'drain' | 'error';
