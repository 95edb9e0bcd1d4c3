/**
 * Arguments and environment as octets (latin1). Node reads both as UTF-8 and loses what is not; the kernel still
 * has the octets.
 */
import { readFileSync } from 'node:fs';
import type { ByteString } from '../protocol/mail.js';

const lost = '\ufffd';

function raw(name: 'cmdline' | 'environ'): readonly ByteString[] {
  try {
    return readFileSync(`/proc/self/${name}`, 'latin1').split('\0');
  } catch {
    return [];
  }
}

function utf8Octets(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** `args` are the last arguments of this process. */
export function octetArguments(args: readonly string[]): readonly ByteString[] {
  if (!args.some((arg) => arg.includes(lost))) return args.map(utf8Octets);
  const all = raw('cmdline').slice(0, -1);
  return all.length < args.length ? args.map(utf8Octets) : all.slice(all.length - args.length);
}

/** A copy of the environment: names to octets. */
export function octetEnvironment(): Map<string, ByteString> {
  const entries = new Map<string, ByteString>();
  let kernel: readonly ByteString[] | undefined;
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined) continue;
    if (!value.includes(lost)) {
      entries.set(name, utf8Octets(value));
      continue;
    }
    kernel ??= raw('environ');
    const entry = kernel.find((text) => text.startsWith(`${name}=`));
    entries.set(name, entry === undefined ? utf8Octets(value) : entry.slice(name.length + 1));
  }
  return entries;
}

/** Octets as the text that Node passes to a program as these octets, as far as they are UTF-8. */
export function textEnvironment(variables: ReadonlyMap<string, ByteString>): Record<string, string> {
  const entries = [...variables].map(([name, value]) => [name, Buffer.from(value, 'latin1').toString('utf8')] as const);
  return Object.fromEntries(entries);
}
