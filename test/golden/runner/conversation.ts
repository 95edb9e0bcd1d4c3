/** A command whose input is told piece by piece, each after the answer to the one before. Always a process of its own. */
import { closeSync, openSync } from 'node:fs';
import type { Conversation, Ended, Invocation } from './adapter.js';
import { layOut, readBack } from './call-files.js';
import { endOf, startProcess } from './own-process.js';

export function converse(folder: string, home: string, call: Omit<Invocation, 'input'>): Conversation {
  const files = layOut(folder, { ...call, writes: (call.writes ?? [1, 2]).filter((n) => n !== 1) });
  const stdio: ('ignore' | 'pipe' | number)[] = ['pipe', 'pipe'];
  const opened: number[] = [];
  for (const [n, path] of [...files.reads.filter(([n]) => n !== 0), ...files.writes]) {
    while (stdio.length <= n) stdio.push('ignore');
    const fd = openSync(path, files.writes.some(([other]) => other === n) ? 'a' : 'r');
    opened.push(fd);
    stdio[n] = fd;
  }
  const child = startProcess(folder, home, call, stdio);
  for (const fd of opened) closeSync(fd);
  let output = '';
  let heardTo = 0;
  let over = false;
  const waiting = new Set<() => void>();
  const look = (): void => {
    if (!over && (output.length <= heardTo || !output.endsWith('\n'))) return;
    heardTo = output.length;
    for (const settle of waiting) settle();
    waiting.clear();
  };
  child.stdin?.on('error', () => undefined);
  child.stdout?.setEncoding('latin1').on('data', (text: string) => {
    output += text;
    look();
  });
  const ended = endOf(child).then((exit): Ended => {
    over = true;
    look();
    const rest = readBack(files, exit);
    return { ...rest, stdout: output, written: (n) => (n === 1 ? output : rest.written(n)) };
  });
  // Whoever asks for the end hears of it; a conversation that is only heard ends by `over`.
  ended.catch(() => {
    over = true;
    look();
  });
  return {
    get output() {
      return output;
    },
    send: (octets) => void child.stdin?.write(octets, 'latin1'),
    end: () => void child.stdin?.end(),
    heard: () =>
      new Promise((settle) => {
        waiting.add(settle);
        look();
      }),
    ended,
  };
}
