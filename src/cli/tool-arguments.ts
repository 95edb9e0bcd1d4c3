/**
 * Words of the load tools' command lines: addresses and bounded numbers.
 * Parsing only; trouble is a thrown ToolUsage, which the tool turns into usage and exit 64.
 */
import type { SinkAddress } from '../actors/sink/sink.js';

/** Far beyond any address that a server takes (RFC 5321 §4.5.3.1). */
const mostInCommand = 900;

export class ToolUsage extends Error {
  override readonly name = 'ToolUsage';
}

/** `ADDR:PORT`, IPv6 in brackets, with its interface where it needs one (`%eth0`); port 0 only where `anyPort`. */
export function addressAndPort(option: string, text: string, anyPort: boolean): SinkAddress {
  const found = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  const address = found?.[1] ?? found?.[2];
  if (address === undefined || !(port >= (anyPort ? 0 : 1) && port <= 65_535)) {
    throw new ToolUsage(`--${option} wants ADDRESS:PORT, as 127.0.0.1:2525, not ${text}`);
  }
  return { address, port };
}

/** A number from 0 to `most`, with at most six places behind the point. */
export function decimalNumber(option: string, text: string, most: number): number {
  const value = /^\d{1,12}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= most)) throw new ToolUsage(`--${option} wants a number from 0 to ${most}, not ${text}`);
  return value;
}

/** A word that can stand in an SMTP command and in a header line. */
export function commandWord(option: string, text: string): string {
  if (/[\0-\x1f\x7f]|[^\0-\xff]/.test(text) || text.length > mostInCommand) {
    throw new ToolUsage(
      `--${option} wants at most ${mostInCommand} octets without control characters, not ${JSON.stringify(text).slice(0, 60)}`,
    );
  }
  return text;
}

/** A whole number from `least` to `most`; `fallback` when the option was not given. */
export function wholeNumber(option: string, text: string | undefined, fallback: number, least: number, most: number): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new ToolUsage(`--${option} wants a number from ${least} to ${most}, not ${text}`);
  return value;
}
