/**
 * The environment of a program line of a .qmail file (spec local.md §2.2).
 * Pure. Values come from strangers: nothing here quotes them, the shell never sees them as text.
 */
import type { ByteString } from '../mail.js';

export interface ProgramFacts {
  readonly user: ByteString;
  readonly home: ByteString;
  readonly local: ByteString;
  readonly host: ByteString;
  readonly ext: ByteString;
  readonly sender: ByteString;
  readonly newSender: ByteString;
  /** Part of the extension that a `default` file matched; undefined leaves an inherited DEFAULT alone. */
  readonly matched: ByteString | undefined;
  readonly deliveredTo: ByteString;
  readonly returnPath: ByteString;
  readonly separator: ByteString;
}

/** The text after the first dash, or nothing. */
function afterDash(text: ByteString): ByteString {
  const dash = text.indexOf('-');
  return dash < 0 ? '' : text.slice(dash + 1);
}

/** The text before the last dot; unchanged when there is none. */
function beforeDot(text: ByteString): ByteString {
  const dot = text.lastIndexOf('.');
  return dot < 0 ? text : text.slice(0, dot);
}

/** A value without NUL (it would end early) and without a leading `() {`, which old shells obey; nor one behind another. */
function cleanValue(value: ByteString): ByteString {
  return value.replaceAll('\0', '').replace(/^(?:\(\) \{)+/, '');
}

/** The variables in a stable order; values are cleaned. */
export function programVariables(facts: ProgramFacts): Record<string, ByteString> {
  const ext2 = afterDash(facts.ext);
  const ext3 = afterDash(ext2);
  const host2 = beforeDot(facts.host);
  const host3 = beforeDot(host2);
  const variables: Record<string, ByteString> = {
    USER: facts.user,
    HOME: facts.home,
    LOCAL: facts.local,
    HOST: facts.host,
    RECIPIENT: `${facts.local}@${facts.host}`,
    SENDER: facts.sender,
    NEWSENDER: facts.newSender,
    EXT: facts.ext,
    EXT2: ext2,
    EXT3: ext3,
    EXT4: afterDash(ext3),
    HOST2: host2,
    HOST3: host3,
    HOST4: beforeDot(host3),
    DTLINE: facts.deliveredTo,
    RPLINE: facts.returnPath,
    UFLINE: facts.separator,
  };
  if (facts.matched !== undefined) variables.DEFAULT = facts.matched;
  for (const name of Object.keys(variables)) variables[name] = cleanValue(variables[name] as ByteString);
  return variables;
}

const inherited = /^(PATH|TZ|LANG|LC_[A-Z]+|TMPDIR|SHELL|QMAILHOME|QMAILQUEUE|LD_LIBRARY_PATH)$/;

/** Of a server's own environment only what programs of users need; PATH has a default. */
export function inheritedVariables(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = { PATH: '/usr/local/bin:/usr/bin:/bin' };
  for (const [name, value] of Object.entries(environment)) if (value !== undefined && inherited.test(name)) kept[name] = value;
  return kept;
}
