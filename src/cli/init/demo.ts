/**
 * `npm start`: makes ./home when there is none, says how to send a first message and where it will land, and
 * runs the server in the foreground. Hints go to stderr; stdout is the log.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings } from '../../store/control-dir.js';
import { CommandTrouble, complain, reason } from '../complain.js';
import { unprivileged, unusable } from '../start/identity.js';
import { start } from '../start/start.js';
import { codeFolder, copyCode } from './demo-copy.js';
import { initHome, listenBase } from './init.js';

const me = 'tqmail.example';

interface DemoWords {
  /** Absolute. */
  readonly home: string;
  readonly readyFile: string | undefined;
  readonly base: number;
}

export async function main(args: readonly string[]): Promise<number> {
  const { home, readyFile, base } = demoWords(args);
  const blocked = whatBlocks(home);
  if (blocked !== undefined) return elsewhere(blocked, args);
  const first = !existsSync(join(home, 'control', 'me'));
  if (first) await initHome({ home, me, base, demo: true, extra: ['localhost'] });
  await hint(home, first);
  return start({ home, readyFile, user: undefined, nodeEntry: undefined });
}

function demoWords(args: readonly string[]): DemoWords {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { home: { type: 'string' }, 'ready-file': { type: 'string' }, listen: { type: 'string' } },
    });
    return {
      home: resolve(values.home ?? 'home'),
      readyFile: values['ready-file'],
      base: listenBase(values.listen),
    };
  } catch (error) {
    throw new CommandTrouble(64, `${reason(error)}\nusage: tqmail demo [--home DIR] [--ready-file FILE] [--listen BASE]`);
  }
}

/** As root the node is another user: what that user cannot read, when there is no home yet. */
function whatBlocks(home: string): string | undefined {
  if (process.geteuid?.() !== 0 || existsSync(join(home, 'control', 'me'))) return undefined;
  const nearest = existsSync(home) ? home : dirname(home);
  return unusable(unprivileged(), [{ path: codeFolder() }, { path: nearest }]);
}

/** Runs the demo out of a copy of the code that everybody can read, with its home beside it. */
async function elsewhere(blocked: string, args: readonly string[]): Promise<number> {
  const { folder, demo } = copyCode();
  complain(`tqmail: ${blocked}: the server does not run as root, so code and demo home are now in ${folder}`);
  const copy = (await import(demo)) as { main: typeof main };
  return copy.main([...args, '--home', join(folder, 'home')]);
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
