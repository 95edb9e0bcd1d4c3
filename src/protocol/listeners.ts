/**
 * control/listeners: `protocol address:port [option...]`, a line a listener.
 * Checks the form of each line; whether the port is free is found out by whoever opens it.
 */
import type { ControlFiles } from './control-files.js';
import { controlPath, showValue, strictLines } from './control-strict.js';
import { parseEndpoint } from './endpoint.js';
import { parseOptions } from './listener-options.js';
import type { ListenerSetting, SettingsProblem } from './settings.js';

/** Every protocol name that a line may begin with. */
const listenerProtocols = ['smtp', 'qmtp', 'qmqp', 'pop3', 'submission', 'smtps', 'pop3s', 'http', 'lmtp'] as const;
const maxListeners = 64;

type Parsed = { readonly listener: ListenerSetting } | { readonly wrong: string };

function parseLine(text: string): Parsed {
  const [protocol = '', where, ...rest] = text.split(/[ \t]+/);
  if (!listenerProtocols.some((known) => known === protocol)) {
    return { wrong: `protocol ${showValue(protocol)} is unknown; known are ${listenerProtocols.join(', ')}` };
  }
  if (where === undefined) return { wrong: `no address after ${protocol}; write ${protocol} address:port` };
  const endpoint = parseEndpoint(where);
  if ('wrong' in endpoint) return { wrong: `${showValue(where)} ${endpoint.wrong}` };
  if (endpoint.port === undefined)
    return { wrong: `${showValue(where)} has no port; write address:port, port 0 for any free one` };
  const options = parseOptions(protocol, rest);
  if (typeof options === 'string') return { wrong: options };
  return { listener: { protocol, address: endpoint.address, port: endpoint.port, options } };
}

/** All listeners in the order of the file; a bad line is left out and becomes a problem. */
export function parseListeners(files: ControlFiles, problems: SettingsProblem[]): readonly ListenerSetting[] {
  const listeners: ListenerSetting[] = [];
  const seen = new Map<string, number>();
  const problem = (line: number, text: string) => problems.push({ file: controlPath('listeners'), line, text });
  for (const { line, text } of strictLines(files, 'listeners')) {
    const parsed = parseLine(text);
    if ('wrong' in parsed) {
      problem(line, parsed.wrong);
      continue;
    }
    const { address, port } = parsed.listener;
    const key = `${address} ${port}`;
    const earlier = seen.get(key);
    if (port !== 0 && earlier !== undefined)
      problem(line, `${address} port ${port} is taken by line ${earlier}; use another port`);
    else if (listeners.length === maxListeners) problem(line, `more than ${maxListeners} listeners; remove some`);
    else listeners.push(parsed.listener);
    seen.set(key, line);
  }
  return listeners;
}
