/**
 * `tqmail metrics`: the figures of a running server for Prometheus, once, or by HTTP for whoever asks. It is a process of its own:
 * HTTP stays out of the mail server. Knows nothing of what the figures mean.
 */
import { createServer, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import type { NodeReport } from '../../actors/node-api.js';
import { CommandTrouble, complain, reason } from '../complain.js';
import { homeFolder } from '../home.js';
import { usageLine } from '../manual/help.js';
import { addressAndPort, ToolUsage } from '../tool-arguments.js';
import { askNode } from './client.js';
import type { NodeStatus } from './messages.js';
import { statusMetrics } from './status-metrics.js';

const mostConnections = 64;
/** Milliseconds for a client to ask. */
const requestMs = 10_000;

interface Words {
  readonly home: string;
  readonly http: { readonly address: string; readonly port: number } | undefined;
}

export async function main(args: readonly string[]): Promise<number> {
  const { home, http } = words(args);
  if (http !== undefined) return serve(home, http);
  const status = await statusOf(home);
  process.stdout.write(statusMetrics(status));
  return status === undefined ? 3 : 0;
}

function words(args: readonly string[]): Words {
  try {
    const { values } = parseArgs({ args: [...args], options: { home: { type: 'string' }, http: { type: 'string' } } });
    const { home, http } = values;
    return { home: homeFolder(home), http: http === undefined ? undefined : addressAndPort('http', http, true) };
  } catch (error) {
    const text = error instanceof ToolUsage ? error.message : reason(error);
    throw new CommandTrouble(64, `metrics: ${text}\n${usageLine('metrics')}`);
  }
}

/** Undefined while no server answers. Throws CommandTrouble when it may not be asked. */
async function statusOf(home: string): Promise<NodeStatus | undefined> {
  const answer = await askNode(home, { verb: 'status' });
  return answer?.tag === 'done' ? (answer.value as NodeStatus) : undefined;
}

/** Until TERM or INT. */
function serve(home: string, { address, port }: { readonly address: string; readonly port: number }): Promise<number> {
  const server = createServer((request, response) => {
    request.resume();
    const path = (request.url ?? '/').split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') say(response, 405, 'GET or HEAD\n');
    else if (path === '/metrics') void answer(response, async () => ({ code: 200, text: statusMetrics(await statusOf(home)) }));
    else if (path === '/healthz') void answer(response, async () => health(await statusOf(home)));
    else say(response, 404, 'there are /metrics and /healthz\n');
  });
  server.maxConnections = mostConnections;
  server.requestTimeout = requestMs;
  server.headersTimeout = requestMs;
  return new Promise((settle, fail) => {
    server.once('error', (error) => fail(new CommandTrouble(111, `metrics: ${address}:${port}: ${reason(error)}`)));
    server.listen(port, address, () => {
      const bound = server.address();
      complain(
        `tqmail: metrics: http://${address.includes(':') ? `[${address}]` : address}:${typeof bound === 'object' ? bound?.port : port}/metrics`,
      );
    });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        server.close(() => settle(0));
        server.closeAllConnections();
      });
    }
  });
}

interface Said {
  readonly code: number;
  readonly text: string;
}

/** For whoever starts and stops servers: 200 while mail is taken, else 503 and why not. */
function health(status: NodeStatus | undefined): Said {
  if (status === undefined) return { code: 503, text: 'not running\n' };
  const { draining, full } = status.node as Partial<NodeReport>;
  const wrong = status.paused ? 'paused' : draining === true ? 'stopping' : full === true ? 'no room for mail' : undefined;
  return wrong === undefined ? { code: 200, text: 'ok\n' } : { code: 503, text: `${wrong}\n` };
}

async function answer(response: ServerResponse, said: () => Promise<Said>): Promise<void> {
  const { code, text } = await said().catch((error: unknown) => ({ code: 503, text: `${reason(error)}\n` }));
  say(response, code, text);
}

function say(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' });
  response.end(text);
}
