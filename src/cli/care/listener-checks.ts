/** Listeners: those of a running server must greet, or take connections where the protocol has no greeting; while none runs their addresses must be free. */
import { connect } from 'node:net';
import type { ListenerSetting, Settings } from '../../protocol/settings.js';
import { reason } from '../complain.js';
import { askNode } from '../control/client.js';
import type { NodeStatus } from '../control/messages.js';
import { bindListeners } from '../start/bind.js';
import { type CheckLine, doubtful, fault, fine } from './check-line.js';
import { descriptorCheck } from './descriptor-checks.js';

const greetingMs = 5_000;
/** Servers of these wait for the client's first word; one that stays open for so long has taken the connection. */
const silent: ReadonlySet<string> = new Set(['qmtp', 'qmqp']);
const staysOpenMs = 250;

export async function* listenerChecks(home: string, settings: Settings): AsyncGenerator<CheckLine> {
  const answer = await askNode(home, { verb: 'status' }).catch((error: unknown) => reason(error));
  if (typeof answer === 'string') {
    yield doubtful('server', answer);
  } else if (answer?.tag === 'done') {
    const { pid, nodePid, listeners } = answer.value as NodeStatus;
    yield fine('server', `runs, pid ${pid}`);
    yield descriptorCheck(mostConnections(settings), nodePid);
    for (const { protocol, address, port } of listeners) yield await greets(protocol, address, port);
  } else {
    yield fine('server', 'does not run');
    yield descriptorCheck(mostConnections(settings), 'self');
    yield* canBind(settings.listeners);
  }
}

/** What the listeners may have together, as far as the settings say. */
function mostConnections({ listeners, concurrencyincoming }: Settings): number | undefined {
  const each = listeners.map(({ options }) => (options.max === undefined ? concurrencyincoming : Number(options.max)));
  const said = each.filter((most) => most !== undefined);
  return said.length === 0 ? undefined : said.reduce((sum, most) => sum + most, 0);
}

function* canBind(settings: readonly ListenerSetting[]): Generator<CheckLine> {
  if (settings.length === 0) yield doubtful('listeners', 'control/listeners names none: no mail comes in from the network');
  for (const setting of settings) {
    const name = `${setting.protocol} ${setting.address}:${setting.port}`;
    try {
      for (const { handle } of bindListeners([setting])) handle.close();
      yield fine(name, 'can be bound');
    } catch (error) {
      yield fault(name, error instanceof Error ? error.message : String(error));
    }
  }
}

/** Loopback answers for an address that means all. */
const reachable = (address: string): string => (address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address);

function greets(protocol: string, address: string, port: number): Promise<CheckLine> {
  const name = `${protocol} ${address}:${port}`;
  return new Promise((settle) => {
    const socket = connect(port, reachable(address));
    const end = (line: CheckLine): void => {
      socket.destroy();
      settle(line);
    };
    if (silent.has(protocol)) socket.once('connect', () => setTimeout(() => end(fine(name, 'takes connections')), staysOpenMs));
    socket.setTimeout(greetingMs, () => end(fault(name, `no greeting within ${greetingMs / 1000} s`)));
    socket.once('data', (bytes) => {
      const words = bytes.toString('latin1').trimEnd();
      const line = `greets: ${words.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)}`;
      end(/^(220|\+OK)/.test(words) ? fine(name, line) : doubtful(name, line));
    });
    socket.once('error', (error) => end(fault(name, reason(error))));
    socket.once('end', () => end(doubtful(name, 'closes without a word: its rules deny this machine, or it has no place free')));
  });
}
