/**
 * `|preline [-frdFRD] program [argument...]`: gives the program the message with the lines that a mailbox has in front:
 * From_, Return-Path, Delivered-To.
 */
import { type Call, complainTo } from '../call.js';
import { withFront } from '../child/become.js';
import { startMayWorkLater } from '../child/program.js';
import { orFatal, permanent, temporary, wrongUsage } from '../fatal.js';
import { readOptions } from '../getopt.js';

const usage = wrongUsage('preline', 'cmd [ arg ... ]');
const lines = [
  ['f', 'UFLINE'],
  ['r', 'RPLINE'],
  ['d', 'DTLINE'],
] as const;

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'preline', async () => {
    if (lines.some(([, variable]) => !call.env.has(variable))) throw usage;
    const read = readOptions(call.args, 'frdFRD', '');
    if ('wrong' in read) {
      complainTo(call, `preline: ${read.wrong}`);
      throw usage;
    }
    if (read.rest.length === 0) throw usage;
    const left = new Set<string>();
    for (const { letter } of read.options) {
      if (letter === letter.toLowerCase()) left.add(letter);
      else left.delete(letter.toLowerCase());
    }
    const front = lines.map(([letter, variable]) => (left.has(letter) ? '' : (call.env.get(variable) ?? ''))).join('');
    return withFront(call, read.rest, front, (code) => (startMayWorkLater(code) ? temporary : permanent));
  });
