/**
 * Which lines of control/listeners this version can serve. A line that is understood and not served must stop the start:
 * an open port without a service is worse than no server. Pure.
 */
import type { ListenerSetting } from '../../protocol/settings.js';

const served: readonly string[] = ['smtp', 'qmtp', 'qmqp', 'pop3'];

/** What cannot be served and what to do, a line each; undefined when all can. */
export function notServed(listeners: readonly ListenerSetting[]): string | undefined {
  const lines = listeners.flatMap(({ protocol, address, port }) => {
    const shown = `control/listeners: ${protocol} ${address.includes(':') ? `[${address}]` : address}:${port}`;
    return served.includes(protocol) ? [] : [`${shown}: this version serves ${served.join(', ')} only; remove the line`];
  });
  return lines.length === 0 ? undefined : lines.join('\n');
}
