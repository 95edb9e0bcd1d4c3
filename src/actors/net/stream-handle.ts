/**
 * The system handles of Node's sockets, as far as LeanSocket uses them, and the requests that go with them. They are
 * internal: all that is known of them stands here, and where one thing is not as expected there are none.
 */

/** A write on its way. */
export interface Write {
  oncomplete?: (status: number) => void;
  octets?: string | Uint8Array;
}
export interface Shutdown {
  oncomplete?: () => void;
}

/** Of one end of a connection. */
export interface Name {
  address?: string;
  port?: number;
}

/** Answers are 0, or the system's error as a negative number. */
export interface StreamHandle {
  readonly fd?: number;
  onread: () => void;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  writeLatin1String(request: Write, text: string): number;
  writeBuffer(request: Write, bytes: Uint8Array): number;
  shutdown(request: Shutdown): number;
  getpeername(into: Name): number;
  getsockname(into: Name): number;
  setNoDelay(on: boolean): number;
  unref(): void;
  close(closed: () => void): void;
}

interface StreamBinding {
  readonly WriteWrap: new () => Write;
  readonly ShutdownWrap: new () => Shutdown;
  readonly streamBaseState: { readonly [index: number]: number };
  readonly kReadBytesOrError: number;
  readonly kLastWriteWasAsync: number;
}

const methods = [
  'useUserBuffer',
  'readStart',
  'readStop',
  'writeLatin1String',
  'writeBuffer',
  'shutdown',
  'getpeername',
  'getsockname',
  'setNoDelay',
  'unref',
  'close',
];

export function isStreamHandle(handle: object): handle is StreamHandle {
  return 'onread' in handle && methods.every((name) => typeof (handle as Record<string, unknown>)[name] === 'function');
}

/** What handles are asked with, and what they leave behind, in one thread. */
export class StreamRequests {
  /** For the next write; used again as long as the system takes all of it at once. */
  write: Write;
  readonly #binding: StreamBinding;

  constructor(binding: StreamBinding) {
    this.#binding = binding;
    this.write = new binding.WriteWrap();
  }

  /** Octets of the last read, or an error. */
  get readSize(): number {
    const { streamBaseState, kReadBytesOrError } = this.#binding;
    return streamBaseState[kReadBytesOrError] ?? 0;
  }

  /** The last write waits for the system. */
  get isLater(): boolean {
    const { streamBaseState, kLastWriteWasAsync } = this.#binding;
    return streamBaseState[kLastWriteWasAsync] !== 0;
  }

  renew(): void {
    this.write = new this.#binding.WriteWrap();
  }

  newShutdown(): Shutdown {
    return new this.#binding.ShutdownWrap();
  }
}

/** One for all connections of a thread; undefined before it was looked for. */
let ofThisThread: { readonly requests: StreamRequests | undefined } | undefined;

/** Undefined where this Node has no such things. */
export function streamRequests(): StreamRequests | undefined {
  ofThisThread ??= { requests: lookForRequests() };
  return ofThisThread.requests;
}

function lookForRequests(): StreamRequests | undefined {
  try {
    const { binding } = process as unknown as { binding(name: string): Partial<StreamBinding> };
    const found = binding.call(process, 'stream_wrap');
    const { WriteWrap, ShutdownWrap, streamBaseState, kReadBytesOrError, kLastWriteWasAsync } = found;
    const isWhole =
      typeof WriteWrap === 'function' &&
      typeof ShutdownWrap === 'function' &&
      ArrayBuffer.isView(streamBaseState) &&
      typeof kReadBytesOrError === 'number' &&
      typeof kLastWriteWasAsync === 'number';
    return isWhole ? new StreamRequests(found as StreamBinding) : undefined;
  } catch {
    return undefined;
  }
}

/** Short, without the stack that costs more than the write. */
export function writeFailure(why: string): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error(`cannot write: ${why}`);
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}
