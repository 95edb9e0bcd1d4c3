/**
 * Messages that can be told apart and checked: message n has always the same bytes. Makes and reads them; sends nothing.
 */

/** Octets of body that message n has, from a few to some kilobytes; every 97th is larger than what a queue keeps in memory. */
function sizeOf(n: number): number {
  return n % 97 === 96 ? 300_000 : 200 + ((n * 7919) % 5_000);
}

const header = 'X-Number: ';

/** The whole message in wire form, dots not yet doubled. */
export function numbered(n: number): Buffer {
  const line = `${n} ${'abcdefghijklmnopqrstuvwxyz'.repeat(2)}\r\n`;
  const body = line.repeat(Math.ceil(sizeOf(n) / line.length));
  return Buffer.from(`${header}${n}\r\nSubject: number ${n}\r\n\r\n${body}`, 'latin1');
}

/** Number of a message that arrived, with LF or CR LF; undefined when it carries none or is not the one that was sent. */
export function numberOf(arrived: Buffer): number | undefined {
  const start = arrived.indexOf(header);
  if (start === -1) return undefined;
  const n = Number.parseInt(arrived.toString('latin1', start + header.length, start + header.length + 12), 10);
  if (!Number.isInteger(n)) return undefined;
  const text = arrived.toString('latin1', start);
  const wire = text.includes('\r\n') ? text : text.replaceAll('\n', '\r\n');
  return wire === numbered(n).toString('latin1') ? n : undefined;
}
