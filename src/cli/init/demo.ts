/**
 * `npm start`: makes ./home when there is none, says how to send a first message and where it will land, and
 * runs the server in the foreground. Hints go to stderr; stdout is the log.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CommandTrouble, complain, reason } from '../complain.js';
import { usageLine } from '../manual/help.js';
import type { ReadyListener } from '../run/run-files.js';
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
  complain(`tqmail: ${first ? 'made a demo home in' : 'starting with the home'} ${home}`);
  return start({ home, readyFile, user: undefined, nodeEntry: undefined }, (listeners) => hint(home, listeners));
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
    throw new CommandTrouble(64, `${reason(error)}\n${usageLine('demo')}`);
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

/** Said once the server answers. */
function hint(home: string, listeners: readonly ReadyListener[]): void {
  const smtp = listeners.find(({ protocol }) => protocol === 'smtp');
  complain('tqmail: the server is running; its log is on stdout; Ctrl-C stops it');
  if (smtp === undefined || !existsSync(join(home, 'demo', 'Maildir'))) return;
  const where = `${smtp.address.includes(':') ? `[${smtp.address}]` : smtp.address}:${smtp.port}`;
  const to = `demo@${readFileSync(join(home, 'control', 'me'), 'latin1').split('\n', 1)[0]}`;
  complain(`tqmail: send a first message to ${to} at ${where} with any SMTP client, or with`);
  complain(`tqmail:   printf 'Subject: hello\\n\\nIt works.\\n' | ${join(home, 'bin', 'sendmail')} ${to}`);
  complain(`tqmail: it lands in ${join(home, 'demo', 'Maildir', 'new')}`);
}
