/**
 * control/listeners: `protocol address:port [option...]`, a line a listener.
 * Checks the form of each line; whether the port is free is found out by whoever opens it.
 */
import type { ControlFiles } from './control-files.js';
import { controlPath, showValue, strictLines } from './control-strict.js';
import { parseEndpoint } from './endpoint.js';
import type { ListenerSetting, SettingsProblem } from './settings.js';

/** Every protocol name that a line may begin with. */
const listenerProtocols = ['smtp', 'qmtp', 'qmqp', 'pop3', 'submission', 'smtps', 'pop3s', 'http', 'lmtp'] as const;
/** Options that need a value: a tcprules source or cdb, and the parallel limit of this listener. */
const valueOptions: readonly string[] = ['rules', 'max'];
const maxListeners = 64;
const maxParallel = 10_000;

type Parsed = { readonly listener: ListenerSetting } | { readonly wrong: string };

/** The options after the address; a text when one is wrong. An unknown one is wrong: `rule=` must not open a door. */
function parseOptions(words: readonly string[]): Record<string, string> | string {
  const options = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    const value = equals < 0 ? '' : word.slice(equals + 1);
    if (!valueOptions.includes(name)) return `option ${showValue(name)} is unknown; known are rules=FILE and max=N`;
    if (value === '') return `option ${name} needs a value, as ${name === 'max' ? 'max=100' : 'rules=tcp.smtp'}`;
    if (options.has(name)) return `option ${name} stands twice; keep one`;
    if (name === 'max' && !(/^[0-9]{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= maxParallel)) {
      return `max=${showValue(value)} is not a whole number from 1 to ${maxParallel}`;
    }
    options.set(name, value);
  }
  return Object.fromEntries(options);
}

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
  const options = parseOptions(rest);
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
