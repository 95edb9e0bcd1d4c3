/** What counts in control/ otherwise than it looks, for the log of a start or a reload: it is no error, and mail suffers from it. */
import { controlAdvice } from '../protocol/advice/control-advice.js';
import { readControlDir } from './control-dir.js';

/** Lines that a log can bear; `tqmail check` says all. */
const most = 10;

/** `FILE:LINE: text`, a line each. */
export async function controlWarnings(home: string): Promise<readonly string[]> {
  const { files } = await readControlDir(home);
  // Who is taken from outside is no matter of how a line is read.
  const lines = controlAdvice(files, [], true)
    .filter(({ serious }) => serious)
    .map(({ file, line, text }) => `${file}:${line}: ${text}`);
  return lines.length <= most ? lines : [...lines.slice(0, most), `${lines.length - most} more: tqmail check names them`];
}
