/**
 * A unix connection over which open connections can be given away. Node has that between a process and its children alone; here
 * the handles that it is made of serve two processes that only share a path. Where Node has no such handles there is no such
 * connection, and the caller needs another way.
 */
import type { Buffer } from 'node:buffer';
import { Socket } from 'node:net';

interface PipeHandle {
  open(fd: number): number;
  /** Octets that the system has not taken. */
  readonly writeQueueSize: number;
  writeLatin1String(request: object, text: string, handle: object): number;
  /** What came with the octets at hand. */
  pendingHandle?: object | undefined;
}
interface WriteRequest {
  handle?: PipeHandle;
  oncomplete?: (status: number) => void;
}
interface Bindings {
  readonly Pipe: new (type: number) => PipeHandle;
  readonly passes: number;
  readonly WriteWrap: new () => WriteRequest;
}

/** Node's own parts; undefined where it does not show them. */
function bindings(): Bindings | undefined {
  try {
    const binding = (process as unknown as { binding(name: string): Record<string, unknown> }).binding;
    const { Pipe, constants } = binding('pipe_wrap') as { Pipe?: Bindings['Pipe']; constants?: { IPC?: number } };
    const { WriteWrap } = binding('stream_wrap') as { WriteWrap?: Bindings['WriteWrap'] };
    const passes = constants?.IPC;
    return Pipe === undefined || WriteWrap === undefined || passes === undefined ? undefined : { Pipe, WriteWrap, passes };
  } catch {
    return undefined;
  }
}

const handleOf = (socket: Socket): PipeHandle | undefined =>
  (socket as unknown as { readonly _handle?: PipeHandle | null })._handle ?? undefined;

/** Octets, and the connection that came with them if one did: it is the taker's own, paused. */
export type Taken = (octets: Buffer, connection: Socket | undefined) => void;

/** Begins to connect; 'connect', 'error' and 'close' are those of every socket. Keeps no process alive. Undefined: cannot be made here. */
export function connectForDescriptors(path: string): Socket | undefined {
  const parts = bindings();
  if (parts === undefined) return undefined;
  const options = { handle: new parts.Pipe(parts.passes), manualStart: true };
  const socket = new Socket(options as never);
  socket.connect({ path });
  return socket.unref();
}

/** Connections whose descriptor another handle has: they must neither read nor close it, so they are kept for ever. */
const replaced = new Set<Socket>();

/**
 * The other end: a connection that a server took with `pauseOnConnect`, as one that takes connections. Undefined: cannot be made
 * here. Costs some hundred octets for the life of the process, which it does not keep alive.
 */
export function acceptForDescriptors(accepted: Socket): Socket | undefined {
  const parts = bindings();
  const fd = (handleOf(accepted) as { readonly fd?: number } | undefined)?.fd;
  if (parts === undefined || fd === undefined || fd < 0) return undefined;
  const handle = new parts.Pipe(parts.passes);
  if (handle.open(fd) !== 0) return undefined;
  replaced.add(accepted.unref());
  return new Socket({ handle } as never).unref();
}

/** Calls `taken` with all that comes. */
export function takeDescriptors(socket: Socket, taken: Taken): void {
  socket.on('data', (octets: Buffer) => {
    const handle = handleOf(socket);
    const pending = handle?.pendingHandle;
    if (handle !== undefined) handle.pendingHandle = undefined;
    taken(octets, pending === undefined || pending === null ? undefined : connectionOf(pending));
  });
}

function connectionOf(handle: object): Socket | undefined {
  try {
    return new Socket({ handle, pauseOnCreate: true, allowHalfOpen: true } as never);
  } catch {
    (handle as { close?(): void }).close?.();
    return undefined;
  }
}

/**
 * Sends octets and a copy of the connection that `handle` stands for, which must not be read and not be closed by this side before the other one answers. For
 * so few and short messages that the kernel takes each at once. False: it did not, and the link is of no use any more.
 */
export function giveDescriptor(link: Socket, octets: Buffer, handle: object | undefined): boolean {
  const parts = bindings();
  const pipe = handleOf(link);
  if (parts === undefined || pipe === undefined || handle === undefined) return false;
  const request = new parts.WriteWrap();
  request.handle = pipe;
  request.oncomplete = () => undefined;
  return pipe.writeLatin1String(request, octets.toString('latin1'), handle) === 0 && pipe.writeQueueSize === 0;
}
