/**
 * Just enough of the DNS message format (RFC 1035 §4) for the scripted name server of the tests.
 * Writes no compressed names and reads one question; not for parsing what strangers send.
 */

/** As in zone.json: `['A', address]`, `['MX', preference, name]`, `['CNAME', name]`, `['PTR', name]`. */
export type DnsRecord = readonly ['A' | 'AAAA' | 'CNAME' | 'PTR' | 'TXT', string] | readonly ['MX', number, string];

export interface Question {
  readonly id: number;
  /** Lower case, without the final dot. */
  readonly name: string;
  readonly type: string;
  /** The question as it was asked, repeated in the answer. */
  readonly raw: Buffer;
}

const types: Readonly<Record<string, number>> = { A: 1, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28 };

/** Undefined when the bytes are not a question. */
export function readQuestion(bytes: Buffer): Question | undefined {
  if (bytes.length < 17 || bytes.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = 12;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > 63) return undefined;
    at += 1 + length;
    if (length === 0) break;
    labels.push(bytes.toString('latin1', at - length, at));
  }
  const code = bytes.readUInt16BE(at);
  const type = Object.keys(types).find((name) => types[name] === code) ?? `TYPE${code}`;
  return { id: bytes.readUInt16BE(0), name: labels.join('.').toLowerCase(), type, raw: bytes.subarray(12, at + 4) };
}

export function encodeResponse(
  question: Question,
  code: number,
  records: readonly { readonly owner: string; readonly record: DnsRecord }[],
  truncated: boolean,
): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(question.id, 0);
  head.writeUInt16BE(0x8180 | (truncated ? 0x0200 : 0) | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, question.raw, ...records.map(({ owner, record }) => encodeRecord(owner, record))]);
}

function encodeRecord(owner: string, record: DnsRecord): Buffer {
  const data = encodeData(record);
  const head = Buffer.alloc(10);
  head.writeUInt16BE(types[record[0]] ?? 0, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(60, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([encodeName(owner), head, data]);
}

function encodeData(record: DnsRecord): Buffer {
  if (record[0] === 'MX') {
    const preference = Buffer.alloc(2);
    preference.writeUInt16BE(record[1]);
    return Buffer.concat([preference, encodeName(record[2])]);
  }
  if (record[0] === 'A') return Buffer.from(record[1].split('.').map(Number));
  if (record[0] === 'AAAA') return encodeIpv6(record[1]);
  if (record[0] === 'TXT') return Buffer.concat([Buffer.from([record[1].length]), Buffer.from(record[1], 'latin1')]);
  return encodeName(record[1]);
}

function encodeIpv6(address: string): Buffer {
  const [left = '', right] = address.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const head = groups(left);
  const tail = groups(right ?? '');
  const all = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of all.entries()) bytes.writeUInt16BE(group, index * 2);
  return bytes;
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);
}
