/**
 * splogger: every line of its input becomes a syslog entry (spec log.md). Node cannot open a datagram socket of the
 * file system, so logger(1) of util-linux writes to it; it takes the priority in front of each line.
 */
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { type LineStamp, lineStamp, syslogEntries, syslogPiece } from '../../protocol/log/syslog.js';
import { type Call, type Command, complainTo } from '../call.js';
import { lines } from '../lines.js';
import { textEnvironment } from '../octets.js';

const defaultTag = 'splogger';
const mailFacility = 2;
const mostFacility = 23;
const usual = '/dev/log';
/** Whole entries, so that a line is cut at the same places however it comes. */
const longest = 80 * syslogPiece;
const temporary = 111;

export const run: Command = async (call) => {
  const [tag = defaultTag, number = String(mailFacility)] = call.args;
  const facility = /^\d{1,2}$/.test(number) ? Number(number) : mailFacility;
  const socket = call.env.get('SPLOGGER_SOCKET') ?? usual;
  const args = ['--prio-prefix', '--socket', socket, '--socket-errors=on', '--tag', tag, '--size', '1024'];
  const child = spawn('logger', args, { stdio: ['pipe', 'ignore', call.descriptor(2)], env: textEnvironment(call.env) });
  let gone = false;
  const ended = new Promise<number>((settle) => {
    child.once('error', (error) => {
      complainTo(call, `splogger: fatal: unable to run logger: ${error.message}; install util-linux`);
      gone = true;
      settle(temporary);
    });
    child.once('close', (code) => {
      gone = true;
      settle(code === 0 ? 0 : temporary);
    });
  });
  const input = child.stdin as Writable;
  input.on('error', () => undefined);
  let stamp: LineStamp | undefined;
  for await (const found of lines(call, 0, longest)) {
    if (gone) break;
    const now = Date.now();
    const entries = found.flatMap(({ text, begins }) => {
      if (begins || stamp === undefined) stamp = lineStamp(text, Math.min(facility, mostFacility), now);
      return syslogEntries(text, stamp, begins);
    });
    await written(input, entries.map(({ priority, text }) => `<${priority}>${text}\n`).join(''), ended);
  }
  input.end();
  return endedWell(call, await ended);
};

function endedWell(call: Call, code: number): number {
  if (code !== 0) complainTo(call, 'splogger: fatal: logger ended, log lines may be lost');
  return code;
}

/** A slow syslog slows the reading down; nothing piles up here. */
async function written(input: Writable, text: string, ended: Promise<number>): Promise<void> {
  if (input.write(text)) return;
  await Promise.race([ended, new Promise<void>((settle) => input.once('drain', () => settle()))]);
}
