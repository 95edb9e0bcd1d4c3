/**
 * A connection right on the system handle that Node's own sockets stand on, with what a mail session needs and no more:
 * read into one shared buffer, write, wait, half-close, end. It behaves as net.Socket with allowHalfOpen does, but for
 * two things: a failed connection only closes, without an 'error', and a write after the end is nothing.
 */
import { EventEmitter } from 'node:events';
import type { Bytes, Connected, WriteDone } from './connected.js';
import { type Name, type Shutdown, type StreamHandle, type StreamRequests, type Write, writeFailure } from './stream-handle.js';

/** Largest piece of input: four times as much as Node reads at once, for large messages. All connections of a thread share it. */
const shared = Buffer.allocUnsafeSlow(262_144);
/** Its first octets, by their number: commands and small messages have few lengths, and a view is dear to make. */
const views: (Buffer | undefined)[] = Array.from({ length: 8_193 });
const endOfFile = -4095;

function arrived(size: number): Buffer {
  if (size >= views.length) return shared.subarray(0, size);
  const known = views[size];
  if (known !== undefined) return known;
  const view = shared.subarray(0, size);
  views[size] = view;
  return view;
}

export class LeanSocket extends EventEmitter implements Connected {
  destroyed = false;
  /** Octets that the system has not taken yet, or never will. */
  writableLength = 0;
  /** The system's error that ended the connection, a negative number; 0: none did. */
  failure = 0;
  readonly #handle: StreamHandle;
  readonly #requests: StreamRequests;
  readonly #closed: () => void;
  #bytes: Bytes | undefined;
  #paused = true;
  #readEnded = false;
  #ending = false;
  #finished = false;
  #starved = false;
  /** Asked once: each is a system call. */
  #peerName: Name | undefined;
  #ownName: Name | undefined;

  /** Takes the handle over; it comes paused. `closed` is called when the handle is given back to the system. */
  constructor(handle: StreamHandle, requests: StreamRequests, closed: () => void) {
    super();
    this.#handle = handle;
    this.#requests = requests;
    this.#closed = closed;
    handle.useUserBuffer(shared);
    handle.onread = () => this.#read();
  }

  /** The system's number of it. */
  get descriptor(): number | undefined {
    return this.destroyed ? undefined : this.#handle.fd;
  }

  /** Leaves the connection to others, with nothing read ahead; this one is over, without a word. Undefined when it was already. */
  release(): object | undefined {
    if (this.destroyed) return undefined;
    this.pause();
    this.destroyed = true;
    this.removeAllListeners();
    return this.#handle;
  }

  /** To give a copy of it away: a paused connection reads nothing ahead. */
  get handle(): object | undefined {
    return this.destroyed ? undefined : this.#handle;
  }

  get remoteAddress(): string | undefined {
    return this.#peer.address;
  }
  get remotePort(): number | undefined {
    return this.#peer.port;
  }
  get localAddress(): string | undefined {
    return this.#own.address;
  }
  get localPort(): number | undefined {
    return this.#own.port;
  }

  readInto(bytes: Bytes): void {
    this.#bytes = bytes;
  }

  isPaused(): boolean {
    return this.#paused;
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    if (!this.destroyed && !this.#readEnded) this.#handle.readStop();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.destroyed && !this.#readEnded && this.#handle.readStart() !== 0) this.destroy();
  }

  /** False: what was written waits; 'drain' comes when the system has taken all. */
  write(octets: string | Uint8Array, _encoding: 'latin1', done?: WriteDone): boolean {
    if (this.destroyed || this.#ending) {
      done?.(writeFailure('the connection is over'));
      return false;
    }
    const requests = this.#requests;
    const request = requests.write;
    const text = typeof octets === 'string';
    const failed = text ? this.#handle.writeLatin1String(request, octets) : this.#handle.writeBuffer(request, octets);
    if (failed !== 0) {
      this.failure = failed;
      this.writableLength += octets.length;
      this.destroy();
      done?.(writeFailure(`error ${failed}`));
      return false;
    }
    if (!requests.isLater) {
      if (done !== undefined) process.nextTick(done);
      return true;
    }
    requests.renew();
    this.#waitFor(request, octets, done);
    return false;
  }

  #waitFor(request: Write, octets: string | Uint8Array, done: WriteDone | undefined): void {
    this.writableLength += octets.length;
    this.#starved = true;
    // Octets must stay where they are until the system has them.
    request.octets = octets;
    request.oncomplete = (status) => {
      if (status === 0) this.writableLength -= octets.length;
      else {
        this.failure = status;
        this.destroy();
      }
      done?.(status === 0 ? undefined : writeFailure(`error ${status}`));
      if (this.writableLength > 0 || this.destroyed || !this.#starved) return;
      this.#starved = false;
      if (!this.#ending) this.emit('drain');
    };
  }

  /** Closes this side once all is written; the other side may go on. */
  end(): void {
    if (this.destroyed || this.#ending) return;
    this.#ending = true;
    const request: Shutdown = this.#requests.newShutdown();
    const finished = (): void => {
      if (this.destroyed) return;
      this.#finished = true;
      this.emit('finish');
      if (this.#readEnded) this.destroy();
    };
    request.oncomplete = finished;
    // It is done at once, or cannot be, because the client has gone.
    if (this.#handle.shutdown(request) !== 0) process.nextTick(finished);
  }

  unref(): void {
    if (!this.destroyed) this.#handle.unref();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#handle.close(() => this.emit('close'));
    this.#closed();
  }

  #read(): void {
    const size = this.#requests.readSize;
    if (size > 0) {
      if (!this.destroyed) this.#bytes?.(arrived(size));
    } else if (size === endOfFile) this.#end();
    else if (size < 0) {
      this.failure = size;
      this.destroy();
    }
  }

  #end(): void {
    if (this.#readEnded || this.destroyed) return;
    this.#readEnded = true;
    this.#handle.readStop();
    this.emit('end');
    if (this.#finished) this.destroy();
  }

  get #peer(): Name {
    if (this.#peerName === undefined) {
      if (this.destroyed) return {};
      this.#peerName = {};
      this.#handle.getpeername(this.#peerName);
    }
    return this.#peerName;
  }

  get #own(): Name {
    if (this.#ownName === undefined) {
      if (this.destroyed) return {};
      this.#ownName = {};
      this.#handle.getsockname(this.#ownName);
    }
    return this.#ownName;
  }
}
