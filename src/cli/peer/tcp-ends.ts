/**
 * Both ends of the TCP connection on a descriptor. The descriptor goes on to a program afterwards, so nothing is read
 * from it and it is never closed here.
 */
import { Socket } from 'node:net';
import { canonicalIp } from '../../protocol/ip-address.js';

export interface TcpEnd {
  /** Canonical; of an IPv4 client of an IPv6 listener the IPv4 address. */
  readonly address: string;
  readonly port: number;
}

export interface TcpEnds {
  readonly local: TcpEnd;
  readonly remote: TcpEnd;
}

/** Undefined when the descriptor is no TCP connection. The socket made of it lives as long as this process. */
export function tcpEnds(fd: number): TcpEnds | undefined {
  try {
    const socket = new Socket({ fd, readable: false, writable: false });
    socket.unref();
    const local = end(socket.localAddress, socket.localPort);
    const remote = end(socket.remoteAddress, socket.remotePort);
    return local === undefined || remote === undefined ? undefined : { local, remote };
  } catch {
    return undefined;
  }
}

function end(address: string | undefined, port: number | undefined): TcpEnd | undefined {
  if (address === undefined || port === undefined) return undefined;
  return { address: canonicalIp(address) ?? address, port };
}
