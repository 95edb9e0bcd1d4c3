/**
 * Values as JSON, one a line, over a stream: the pipe between parent and node, and control.sock.
 * A line is bounded; text that is not JSON ends the stream.
 */
import type { Duplex } from 'node:stream';

const longestLine = 4 * 1024 * 1024;

export function sendLine(stream: Duplex, value: unknown): void {
  if (stream.writable) stream.write(`${JSON.stringify(value)}\n`);
}

/** Calls `take` for each value until the stream ends; `end` is called once, whatever ended it. */
export function receiveLines(stream: Duplex, take: (value: unknown) => void, end: () => void): void {
  let kept = '';
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    end();
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (over) return;
    kept += chunk;
    const lines = kept.split('\n');
    kept = lines.pop() ?? '';
    if (kept.length > longestLine) {
      stream.destroy();
      return;
    }
    for (const line of lines) {
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        stream.destroy();
        return;
      }
      take(value);
    }
  });
  stream.on('end', finish);
  stream.on('close', finish);
  stream.on('error', finish);
}
