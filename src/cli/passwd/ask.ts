/** A password from whoever runs the command: typed twice without echo at a terminal, else the first line of descriptor 0. */
import { readSync } from 'node:fs';
import { isatty, ReadStream } from 'node:tty';
import type { ByteString } from '../../protocol/mail.js';
import { CommandTrouble } from '../complain.js';

const most = 1_024;
const usageCode = 64;

/** Throws CommandTrouble when there is none, or when the two differ. */
export async function askPassword(user: ByteString): Promise<ByteString> {
  if (!isatty(0)) return fromLine();
  const first = await typed(`password for ${user}: `);
  const second = await typed('again: ');
  if (first !== second) throw new CommandTrouble(usageCode, 'the two passwords differ; nothing is changed');
  return first;
}

function fromLine(): ByteString {
  const octets = Buffer.alloc(most + 1);
  let size = 0;
  while (size <= most && !octets.subarray(0, size).includes(10)) {
    const read = readSync(0, octets, size, octets.length - size, null);
    if (read === 0) break;
    size += read;
  }
  const line = octets.toString('latin1', 0, size).split('\n')[0] ?? '';
  if (line.length > most) throw new CommandTrouble(usageCode, `a password has at most ${most} octets`);
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** One line without echo; Ctrl-C and Ctrl-D give up. */
function typed(prompt: string): Promise<ByteString> {
  process.stderr.write(prompt);
  const terminal = new ReadStream(0);
  terminal.setRawMode(true);
  return new Promise((settle, fail) => {
    let line = '';
    const end = (act: () => void): void => {
      terminal.setRawMode(false);
      terminal.destroy();
      process.stderr.write('\n');
      act();
    };
    terminal.on('data', (chunk: Buffer) => {
      for (const letter of chunk.toString('latin1')) {
        if (letter === '\r' || letter === '\n') return end(() => settle(line));
        if (letter === '\x03' || letter === '\x04') return end(() => fail(new CommandTrouble(1, 'nothing is changed')));
        if (letter === '\x7f' || letter === '\b') line = line.slice(0, -1);
        else line += letter;
      }
    });
  });
}
