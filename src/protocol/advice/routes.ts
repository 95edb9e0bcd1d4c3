/** Map files: lines that do not count, and relays that cannot be reached as they are written. */
import { lowerCaseAscii } from '../bytes.js';
import { type ControlFiles, controlLine, controlLines } from '../control-files.js';
import { controlPath, showValue } from '../control-strict.js';
import { canonicalIPv6 } from '../ip-address.js';
import type { Advice } from './advice.js';

interface Entry {
  readonly line: number;
  readonly key: string;
  readonly value: string;
}

/** The entries of a map file; what is wrong with any map goes to `all`. */
function entriesOf(files: ControlFiles, name: string, form: string, all: Advice[]): readonly Entry[] {
  const entries: Entry[] = [];
  const last = new Map<string, number>();
  const say = (line: number, text: string, serious = true): void =>
    void all.push({ file: controlPath(name), line, text, serious });
  for (const { line, text } of controlLines(files, name) ?? []) {
    const colon = text.indexOf(':');
    if (colon < 0) {
      say(line, `${showValue(text)} has no colon and does not count; write ${form}`);
      continue;
    }
    const key = lowerCaseAscii(text.slice(0, colon));
    const before = last.get(key);
    if (before !== undefined) say(before, `does not count: line ${line} is for ${showValue(key)} too, and the last one counts`);
    last.set(key, line);
    if (/[^\x21-\x7e]/.test(key))
      say(line, `${showValue(key)} matches nothing: blanks count, and names beyond ASCII are written in their xn-- form`);
    entries.push({ line, key, value: text.slice(colon + 1) });
  }
  return entries;
}

export function virtualAdvice(files: ControlFiles): readonly Advice[] {
  const all: Advice[] = [];
  const me = controlLine(files, 'me');
  const locals = controlLines(files, 'locals')?.map(({ text }) => text) ?? (me === undefined ? [] : [me]);
  const local = new Set(locals.map(lowerCaseAscii));
  for (const { line, key } of entriesOf(files, 'virtualdomains', 'domain:prefix', all)) {
    const domain = key.slice(key.lastIndexOf('@') + 1);
    if (!local.has(domain)) continue;
    all.push({
      file: controlPath('virtualdomains'),
      line,
      text: `does not count: ${showValue(domain)} is in control/locals, which comes first; remove it from one of them`,
      serious: false,
    });
  }
  return all;
}

export function routeAdvice(files: ControlFiles, name: string): readonly Advice[] {
  const all: Advice[] = [];
  for (const { line, value } of entriesOf(files, name, 'domain:relay or domain:relay:port', all)) {
    const wrong = wrongRelay(value);
    if (wrong !== undefined) all.push({ file: controlPath(name), line, text: `${showValue(value)} ${wrong}`, serious: true });
  }
  return all;
}

/** Why mail sent there would be deferred for ever, or bounce. An IPv6 address alone needs no brackets. */
function wrongRelay(value: string): string | undefined {
  if (value === '' || canonicalIPv6(value) !== undefined) return undefined;
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(value) ?? [];
  if (host === '') return 'has no relay before the colon; write relay:port';
  if (/[^\x21-\x7e]/.test(host)) return 'has blanks or octets beyond ASCII in its name; write relay or relay:port';
  if (port === undefined) return undefined;
  const number = /^[0-9]{1,5}$/.test(port) ? Number(port) : 0;
  if (number >= 1 && number <= 65_535) return undefined;
  return 'has no port from 1 to 65535 behind its colon; write relay:port, an IPv6 address as [address]:port';
}
