/**
 * What qmail-inject takes from the environment and from control/ (spec inject.md §2; control.md).
 */
import { readFile } from 'node:fs/promises';
import { lowerCaseAscii } from '../../protocol/bytes.js';
import { type ControlFiles, controlLineOrMe, controlList } from '../../protocol/control-files.js';
import type { ByteString } from '../../protocol/mail.js';
import type { Author, CompleteOptions } from '../../protocol/message/complete.js';
import { rewriter } from '../../protocol/message/rewrite.js';
import { codeOf } from '../../store/octet-path.js';
import { readControls } from '../../store/read-controls.js';

export type InjectEnvironment = Pick<CompleteOptions, 'rewrite' | 'idhost' | 'from' | 'defaultSender' | 'flags' | 'lists'>;

/** Variables as octets. */
export type Variables = ReadonlyMap<string, ByteString>;

/** A file is there and cannot be read; what to say of it, empty: nothing. */
export interface Unreadable {
  readonly unreadable: ByteString;
  /** It is the folder of the control files. */
  readonly homeless: boolean;
}

/** `wrong`: a host that cannot be one. */
export type EnvironmentRead = InjectEnvironment | Unreadable | { readonly wrong: ByteString };

export async function injectEnvironment(home: string, variables: Variables): Promise<EnvironmentRead> {
  const list = await listFile(variables.get('QMAILMFTFILE'));
  if (list === null) return { unreadable: '', homeless: false };
  const { files, problems } = await readControls(home, ['me', 'defaulthost', 'defaultdomain', 'plusdomain', 'idhost']);
  const [problem] = problems;
  if (problem !== undefined) return { unreadable: `${problem.file}: ${problem.text}`, homeless: problem.file === 'control' };
  return environmentFrom(files, variables, list);
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

/** An address a line, as in a list file of control/. */
function listAddresses(text: ByteString): ReadonlySet<ByteString> {
  const lines = controlList(new Map([['list', text]]), 'list') ?? [];
  return new Set(lines.map(lowerCaseAscii));
}

/** Undefined: no such file; null: it is there and cannot be read. */
async function listFile(file: ByteString | undefined): Promise<ByteString | undefined | null> {
  if (file === undefined) return undefined;
  try {
    return await readFile(Buffer.from(file, 'latin1'), 'latin1');
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : null;
  }
}
