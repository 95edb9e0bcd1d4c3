/**
 * qmail-qmqpc: takes a message as qmail-queue does and hands it to the first server of control/qmqpservers that can be
 * reached (spec qmtp-qmqp.md §3.1). Keeps nothing: whoever called it has the message until it ends with 0.
 */
import { controlList } from '../../protocol/control-files.js';
import { type Endpoint, parseEndpoint } from '../../protocol/endpoint.js';
import { readControlDir } from '../../store/control-dir.js';
import type { Call } from '../call.js';
import { askServer } from './qmqpc/ask.js';
import { readPackage } from './qmqpc/package.js';

const noConfiguration = 55;
const noHome = 61;
const unreachedCodes = { timeout: 72, refused: 73 } as const;
const saidCodes = { K: 0, D: 31, Z: 71, broken: 74 } as const;
const qmqpPort = 628;
/** Each server may cost a whole connect timeout. */
const mostServers = 64;

export async function run(call: Call): Promise<number> {
  const { files, problems } = await readControlDir(call.home, ['qmqpservers']);
  if (problems.length > 0) return problems.some(({ file }) => file === 'control') ? noHome : noConfiguration;
  const list = controlList(files, 'qmqpservers');
  if (list === undefined) return noConfiguration;
  const octets = await readPackage(call);
  if (typeof octets === 'number') return octets;
  let last: number = noConfiguration;
  for (const { address, port } of list.flatMap(endpointOf).slice(0, mostServers)) {
    const asked = await askServer(address, portOf(call, port), octets);
    if ('said' in asked) return saidCodes[asked.said];
    last = unreachedCodes[asked.unreached];
  }
  return last;
}

/** A line that is no address is passed over: nothing is looked up here. */
function endpointOf(line: string): readonly Endpoint[] {
  const endpoint = parseEndpoint(line);
  return 'wrong' in endpoint ? [] : [endpoint];
}

/** $TQMAIL_PORT_OFFSET moves ports below 1024, for tests. */
function portOf({ env }: Call, port = qmqpPort): number {
  const offset = Number(env.get('TQMAIL_PORT_OFFSET') ?? 0);
  return port < 1024 && Number.isInteger(offset) && offset >= 0 ? port + offset : port;
}
