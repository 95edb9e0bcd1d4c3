/**
 * qmail-clean: removes files of finished messages from a queue folder in qmail's form, as told on descriptor 0, one octet
 * of answer a command (spec queue.md §3.6): `foop/N` removes mess and intd of N, `todo/N` intd and todo. tqmail keeps its
 * own queue elsewhere; this is for programs that speak to qmail-clean.
 */
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../store/octet-path.js';
import { type Call, put } from '../call.js';
import { pieces } from '../pieces.js';

/** Folders below mess/ and info/, as qmail is built. */
const split = 23n;
/** Octets of a command, its NUL included. */
const longestCommand = 100;
/** Octets of `foop/` and a digit. */
const shortestCommand = 6;
/** Octets of `foop/`. */
const nameLength = 5;
/** Commands between two sweeps of pid/. */
const commandsASweep = 30;
/** What a dead qmail-queue left in pid/ goes after this many seconds. */
const givenUp = 129_600;

export async function run(call: Call): Promise<number> {
  const queue = join(call.home, 'queue');
  let held = '';
  let untilSweep = 0;
  try {
    for await (const piece of pieces(call, 0)) {
      const commands = (held + piece.toString('latin1')).split('\0');
      held = commands.pop() ?? '';
      for (const command of commands) {
        if (untilSweep-- === 0) {
          untilSweep = commandsASweep;
          await sweepPids(join(queue, 'pid'));
        }
        put(call, 1, await answer(queue, command));
      }
      // No command is that long: what speaks here is no qmail-send.
      if (held.length > longestCommand) return 0;
    }
  } catch {
    // The other side is gone; it asks again when it is back.
  }
  return 0;
}

/**
 * `+` done, `!` try again, `x` no such command. As with qmail each octet in the number that is no digit has its own `x`, and
 * the digits before the first of them are carried out all the same.
 */
async function answer(queue: string, command: string): Promise<string> {
  if (command.length < shortestCommand || command.length >= longestCommand) return 'x';
  return 'x'.repeat(command.slice(nameLength).replace(/[0-9]/g, '').length) + (await done(queue, command));
}

async function done(queue: string, command: string): Promise<string> {
  const [, what, digits] = /^(foop|todo)\/([0-9]+)/.exec(command) ?? [];
  if (digits === undefined) return 'x';
  // As scan_ulong counts: no file has such a number, and what is not there counts as removed.
  const id = BigInt.asUintN(64, BigInt(digits));
  const files = what === 'foop' ? [`intd/${id}`, `mess/${id % split}/${id}`] : [`intd/${id}`, `todo/${id}`];
  for (const file of files) {
    try {
      await unlink(join(queue, file));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') return '!';
    }
  }
  return '+';
}

async function sweepPids(folder: string): Promise<void> {
  const now = Date.now() / 1000;
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith('.')) continue;
    try {
      if ((await stat(join(folder, name))).atimeMs / 1000 < now - givenUp) await unlink(join(folder, name));
    } catch {
      // Gone, or not ours to remove.
    }
  }
}
