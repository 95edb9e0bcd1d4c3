/**
 * What qmail-newu and qmail-newmrh have in common: compile one table, or say why not and end with 111.
 */
import { errnoText } from '../../protocol/errno-text.js';
import { NotReplaced } from '../../store/replaced-file.js';
import type { Call } from '../call.js';
import { Fatal, orFatal, temporary } from '../fatal.js';
import { BadSource, compileTable, sourceText, type Table } from './compile.js';

/** `unread` makes the text for a source that cannot be read of the system's error. */
export function compileCommand(call: Call, name: string, table: Table, unread: (error: unknown) => string): Promise<number> {
  return orFatal(call, name, async () => {
    const text = await sourceText(call.home, table).catch((error: unknown) => {
      throw new Fatal(temporary, unread(error));
    });
    try {
      await compileTable(call.home, table, text);
    } catch (error) {
      if (error instanceof BadSource) throw new Fatal(temporary, `bad format in ${table.source}`);
      if (error instanceof NotReplaced) throw new Fatal(temporary, notReplaced(table, error));
      throw error;
    }
    return 0;
  });
}

function notReplaced(table: Table, { step, code }: NotReplaced): string {
  const what = step === 'move' ? `move ${table.temporary} to ${table.target}` : `${step} ${table.temporary}`;
  return `unable to ${what}: ${errnoText(code)}`;
}
