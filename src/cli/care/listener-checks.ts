/** Listeners: those of a running server must greet; while none runs their addresses must be free. */
import { connect } from 'node:net';
import type { ListenerSetting } from '../../protocol/settings.js';
import { reason } from '../complain.js';
import { askNode } from '../control/client.js';
import type { NodeStatus } from '../control/messages.js';
import { bindListeners } from '../start/bind.js';
import { type CheckLine, doubtful, fault, fine } from './check-line.js';

const greetingMs = 5_000;

export async function* listenerChecks(home: string, settings: readonly ListenerSetting[]): AsyncGenerator<CheckLine> {
  const answer = await askNode(home, { verb: 'status' }).catch((error: unknown) => reason(error));
  if (typeof answer === 'string') {
    yield doubtful('server', answer);
  } else if (answer?.tag === 'done') {
    const { pid, listeners } = answer.value as NodeStatus;
    yield fine('server', `runs, pid ${pid}`);
    for (const { protocol, address, port } of listeners) yield await greets(protocol, address, port);
  } else {
    yield fine('server', 'does not run');
    yield* canBind(settings);
  }
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
    socket.setTimeout(greetingMs, () => end(fault(name, `no greeting within ${greetingMs / 1000} s`)));
    socket.once('data', (bytes) =>
      end(
        fine(
          name,
          `greets: ${bytes
            .toString('latin1')
            .trimEnd()
            .replace(/[^\x20-\x7e]/g, '?')
            .slice(0, 100)}`,
        ),
      ),
    );
    socket.once('error', (error) => end(fault(name, reason(error))));
    socket.once('end', () => end(fault(name, 'closes without a word')));
  });
}
