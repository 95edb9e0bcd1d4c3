/**
 * The HTTP side of a sink: node:http, one table of routes, nothing kept open longer than a request.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Connected } from '../../net/connected.js';
import type { Desk } from '../desk.js';
import { closed, follow, listen, type OpenListener } from '../listeners.js';
import type { SinkAddress } from '../options.js';
import { allowedHost } from './origin.js';
import { type Asked, answer } from './routes.js';
import { sendError } from './send.js';
import { Series } from './series.js';

const mostConnections = 1_000;
/** Octets of a request's body that are read for the interface. */
const mostBody = 1_048_576;
const ownPaths = ['/', '/metrics', '/healthz'];

/** `names`: those by which it may be asked, beside addresses and localhost. */
export async function openHttp(at: SinkAddress, desk: Desk, names: readonly string[]): Promise<OpenListener> {
  const sockets = new Set<Connected>();
  const own = [at.address, ...names].map((name) => name.toLowerCase());
  const series = new Series(() => desk.counts());
  const server = createServer((request, response) => {
    serve({ desk, series, request, response, own }).catch((error: Error) => sendError(response, 500, error.message));
  });
  server.on('connection', (socket: Socket) => follow(socket, sockets));
  server.maxConnections = mostConnections;
  const port = await listen(server, at);
  series.start();
  return {
    port,
    close: () => {
      series.stop();
      return closed(server, sockets);
    },
  };
}

interface Call {
  readonly desk: Desk;
  readonly series: Series;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly own: readonly string[];
}

async function serve({ desk, series, request, response, own }: Call): Promise<void> {
  const url = urlOf(request.url ?? '/');
  if (url === undefined) {
    sendError(response, 400, 'that is no address');
    return;
  }
  const { body, octets } = await readBody(request);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const asked: Asked = { method: request.method ?? 'GET', path: url.pathname, query: url.searchParams, body, gone: gone.signal };
  if (isOurs(asked)) {
    const wrong = allowedHost(request, own);
    if (wrong !== undefined) sendError(response, 403, wrong);
    else if (body === undefined) sendError(response, 413, `a request may have ${mostBody} octets`);
    else await answer({ ...asked, body }, { desk, series }, response);
    return;
  }
  desk.house.counts.requests++;
  desk.house.counts.bytes += octets;
  response.end('ok\n');
}

/** A path, or a whole address; two slashes at a path's start name no host. */
function urlOf(target: string): URL | undefined {
  try {
    return new URL(target.startsWith('/') ? `http://sink${target}` : target);
  } catch {
    return undefined;
  }
}

/** All else is somebody's webhook. */
function isOurs({ method, path }: Asked): boolean {
  return path.startsWith('/api/') || (ownPaths.includes(path) && (method === 'GET' || method === 'HEAD'));
}

/** `body` is undefined when it is longer than the interface takes. */
async function readBody(request: IncomingMessage): Promise<{ readonly body: Buffer | undefined; readonly octets: number }> {
  const pieces: Buffer[] = [];
  let octets = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    octets += piece.length;
    if (octets <= mostBody) pieces.push(piece);
  }
  return { body: octets <= mostBody ? Buffer.concat(pieces) : undefined, octets };
}
