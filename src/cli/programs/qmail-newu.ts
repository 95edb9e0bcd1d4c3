/**
 * qmail-newu: compiles users/assign into users/cdb (spec local.md §1.1).
 */
import type { Call } from '../call.js';
import { compileCommand } from '../cdb/command.js';
import { usersTable } from '../cdb/compile.js';

export const run = (call: Call): Promise<number> =>
  compileCommand(call, 'qmail-newu', usersTable, () => `unable to open ${usersTable.source}`);
