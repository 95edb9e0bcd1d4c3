/**
 * `npm start`: makes ./home when there is none, says how to send a first message and where it will land, and
 * runs the server in the foreground. Hints go to stderr; stdout is the log.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CommandTrouble, complain, reason } from '../complain.js';
import { readSettings } from '../../store/control-dir.js';
import { unprivileged, unusable } from '../start/identity.js';
import { start } from '../start/start.js';
import { codeFolder, copyCode } from './demo-copy.js';
import { initHome } from './init.js';

const me = 'tqmail.example';
const base = 2500;

export async function main(args: readonly string[]): Promise<number> {
  let home: string;
  let readyFile: string | undefined;
  let listen: string | undefined;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { home: { type: 'string' }, 'ready-file': { type: 'string' }, listen: { type: 'string' } },
    });
    home = resolve(values.home ?? 'home');
    readyFile = values['ready-file'];
    listen = values.listen;
  } catch (error) {
    throw new CommandTrouble(64, `${reason(error)}\nusage: tqmail demo [--home DIR] [--ready-file FILE] [--listen BASE]`);
  }
  const place = reachable(home);
  const first = !existsSync(join(place.home, 'control', 'me'));
  if (first)
    initHome({ home: place.home, me, base: listen === undefined ? base : Number(listen), demo: true, extra: ['localhost'] });
  await hint(place.home, first);
  return start({ home: place.home, readyFile, user: undefined, nodeEntry: place.nodeEntry });
}

interface Place {
  readonly home: string;
  /** The node's entry in a copy of the code; undefined: this copy serves. */
  readonly nodeEntry: string | undefined;
}

/** As root the node is another user: when that user cannot read this folder, code and home move to a readable one. */
function reachable(home: string): Place {
  const here: Place = { home, nodeEntry: undefined };
  if (process.geteuid?.() !== 0 || existsSync(join(home, 'control', 'me'))) return here;
  const parent = existsSync(home) ? home : resolve(home, '..');
  const blocked = unusable(unprivileged(), [{ path: codeFolder() }, { path: parent }]);
  if (blocked === undefined) return here;
  const copy = copyCode();
  complain(`tqmail: ${blocked}: the server does not run as root, so code and demo home are now in ${copy.folder}`);
  return { home: join(copy.folder, 'home'), nodeEntry: copy.nodeEntry };
}

async function hint(home: string, first: boolean): Promise<void> {
  const read = await readSettings(home);
  if ('problems' in read) return;
  const smtp = read.settings.listeners.find(({ protocol }) => protocol === 'smtp');
  complain(`tqmail: ${first ? 'made a demo home in' : 'using the home'} ${home}; the log follows; Ctrl-C stops`);
  if (smtp === undefined || !existsSync(join(home, 'demo', 'Maildir'))) return;
  const where = `${smtp.address.includes(':') ? `[${smtp.address}]` : smtp.address}:${smtp.port}`;
  complain(`tqmail: send a first message to demo@${read.settings.me} at ${where}, for example with`);
  complain(`tqmail:   printf 'Subject: hello\\n\\nIt works.\\n' | ${join(home, 'bin', 'sendmail')} demo@${read.settings.me}`);
  complain(`tqmail: it lands in ${join(home, 'demo', 'Maildir', 'new')}`);
}
