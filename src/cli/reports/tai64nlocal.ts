/**
 * tai64nlocal: copies its input; a TAI64N label at the beginning of a line becomes date and time of the local zone
 * (spec companions.md §2.1).
 */
import { readTai64n } from '../../protocol/tai64n.js';
import { type Command, put } from '../call.js';
import { type LinePiece, lines } from '../lines.js';

const longest = 65_536;
const labelLength = 25;

export const run: Command = async (call) => {
  for await (const found of lines(call, 0, longest)) put(call, 1, found.map(localLine).join(''));
  return 0;
};

function localLine({ text, begins, feed }: LinePiece): string {
  const end = feed ? '\n' : '';
  const time = begins && text.startsWith('@') ? readTai64n(text) : undefined;
  if (time === undefined) return text + end;
  return `${localTime(time.seconds)}.${String(time.nanoseconds).padStart(9, '0')}${text.slice(labelLength)}${end}`;
}

function localTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
