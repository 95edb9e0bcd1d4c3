/**
 * What qmail-inject takes from the environment and from control/ (spec inject.md §2; control.md).
 */
import { readFile } from 'node:fs/promises';
import { type ControlFiles, controlLineOrMe } from '../../protocol/control-files.js';
import type { ByteString } from '../../protocol/mail.js';
import type { Author, CompleteOptions } from '../../protocol/message/complete.js';
import { rewriter } from '../../protocol/message/rewrite.js';
import { readControls } from '../../store/read-controls.js';

export type InjectEnvironment = Pick<CompleteOptions, 'rewrite' | 'idhost' | 'from' | 'defaultSender' | 'flags' | 'lists'>;

/** Variables as octets. */
export type Variables = ReadonlyMap<string, ByteString>;

/** `unreadable`: a control file is there and cannot be read. `wrong`: a host that cannot be one. */
export type EnvironmentRead = InjectEnvironment | { readonly unreadable: true } | { readonly wrong: ByteString };

export async function injectEnvironment(home: string, variables: Variables): Promise<EnvironmentRead> {
  const { files, problems } = await readControls(home, ['me', 'defaulthost', 'defaultdomain', 'plusdomain', 'idhost']);
  if (problems.length > 0) return { unreadable: true };
  return environmentFrom(files, variables, await listFile(variables.get('QMAILMFTFILE')));
}

/** `list`: text of $QMAILMFTFILE. */
export function environmentFrom(
  files: ControlFiles,
  variables: Variables,
  list: ByteString | undefined,
): InjectEnvironment | { readonly wrong: ByteString } {
  const firstSet = (...names: readonly string[]): ByteString | undefined =>
    variables.get(names.find((name) => variables.has(name)) ?? '');
  // A host without any name calls itself by the file's (spec control.md).
  const value = (name: string): ByteString => firstSet(`QMAIL${name.toUpperCase()}`) ?? controlLineOrMe(files, name) ?? name;
  const rewrite = rewriter({
    defaulthost: value('defaulthost'),
    defaultdomain: value('defaultdomain'),
    plusdomain: value('plusdomain'),
  });
  if (typeof rewrite !== 'function') return rewrite;
  const letters = variables.get('QMAILINJECT') ?? '';
  const flag = (letter: string): boolean => letters.includes(letter);
  const from: Author = {
    user: firstSet('QMAILUSER', 'MAILUSER', 'USER', 'LOGNAME') ?? 'anonymous',
    host: firstSet('QMAILHOST', 'MAILHOST'),
    name: firstSet('QMAILNAME', 'MAILNAME', 'NAME'),
  };
  return {
    rewrite,
    idhost: value('idhost'),
    from,
    defaultSender: { user: firstSet('QMAILSUSER') ?? from.user, host: firstSet('QMAILSHOST') ?? from.host },
    flags: { c: flag('c'), s: flag('s'), f: flag('f'), i: flag('i'), r: flag('r'), m: flag('m') },
    lists: list === undefined ? undefined : listAddresses(list),
  };
}

/** An address a line; `#` begins a comment line. */
function listAddresses(text: ByteString): ReadonlySet<ByteString> {
  const lines = text.split('\n').map((line) => line.trimEnd().toLowerCase());
  return new Set(lines.filter((line) => line !== '' && !line.startsWith('#')));
}

async function listFile(file: ByteString | undefined): Promise<ByteString | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(Buffer.from(file, 'latin1'), 'latin1');
  } catch {
    return undefined;
  }
}
