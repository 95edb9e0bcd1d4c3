/**
 * qmail-newmrh: compiles control/morercpthosts into control/morercpthosts.cdb (spec admin.md §5).
 */
import type { Call } from '../call.js';
import { compileCommand } from '../cdb/command.js';
import { hostsTable } from '../cdb/compile.js';
import { errorWords } from '../fatal.js';

export const run = (call: Call): Promise<number> =>
  compileCommand(call, 'qmail-newmrh', hostsTable, (error) => `unable to read ${hostsTable.source}: ${errorWords(error)}`);
