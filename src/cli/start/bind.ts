/**
 * The parent's sockets: bound here, never accepted on here. A net.Server in the parent would take
 * connections itself, so only the bare handle is made; the node's front threads listen on its descriptor.
 */
import net from 'node:net';
import { getSystemErrorMap } from 'node:util';
import type { ListenerSetting } from '../../protocol/settings.js';
import { CommandTrouble } from '../complain.js';

interface SocketHandle {
  readonly fd: number;
  getsockname(out: { address?: string; port?: number }): number;
  close(): void;
}
type MakeHandle = (address: string, port: number, family: 4 | 6, fd?: number, flags?: number) => SocketHandle | number;

/** A bound socket of the parent. It lives as long as its handle is kept. */
export interface BoundListener {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  readonly handle: SocketHandle;
}

const ipv6Only = 1;

/** Binds all listeners or none. Throws CommandTrouble 111 that names address and port. */
export function bindListeners(listeners: readonly ListenerSetting[]): readonly BoundListener[] {
  const bound: BoundListener[] = [];
  try {
    for (const listener of listeners) bound.push(bindOne(listener, listeners));
  } catch (error) {
    for (const { handle } of bound) handle.close();
    throw error;
  }
  return bound;
}

function bindOne(listener: ListenerSetting, all: readonly ListenerSetting[]): BoundListener {
  const { address, port, protocol } = listener;
  const version = net.isIP(address);
  const shown = `${version === 6 ? `[${address}]` : address}:${port}`;
  if (version === 0) {
    throw new CommandTrouble(111, `control/listeners: ${shown} is not an address; write an IPv4 address or [IPv6]:port`);
  }
  const make = (net as unknown as { _createServerHandle: MakeHandle })._createServerHandle;
  const handle = make(address, port, version === 6 ? 6 : 4, undefined, wantsOwnIpv4(listener, all) ? ipv6Only : 0);
  if (typeof handle === 'number') throw cannotBind(shown, handle);
  // An address in use shows only when the name of the socket is asked for.
  const name: { address?: string; port?: number } = {};
  const code = handle.getsockname(name);
  if (code !== 0) {
    handle.close();
    throw cannotBind(shown, code);
  }
  return { protocol, address, port: name.port ?? port, handle };
}

/** `[::]` takes IPv4 too, unless 0.0.0.0 has a line of its own for that port. */
function wantsOwnIpv4(listener: ListenerSetting, all: readonly ListenerSetting[]): boolean {
  return all.some((other) => other !== listener && net.isIP(other.address) === 4 && other.port === listener.port);
}

function cannotBind(shown: string, code: number): CommandTrouble {
  const [name, text] = getSystemErrorMap().get(code) ?? ['', `error ${code}`];
  const advice: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there; stop it or change control/listeners',
    EACCES: 'ports below 1024 need root or CAP_NET_BIND_SERVICE; or choose a higher port in control/listeners',
    EADDRNOTAVAIL: 'this machine has no such address; change control/listeners',
  };
  const hint = advice[name];
  return new CommandTrouble(111, `cannot listen on ${shown}: ${text}${hint === undefined ? '' : ` (${hint})`}`);
}
