/**
 * What qmail-showctl says about a home (spec admin.md §3): a sentence or a list for each control file, defaults included,
 * then the files that only tqmail has, then those that nobody reads. Pure; the caller reads the files.
 */
import { type ControlFiles, controlInt, controlLine, controlList } from './control-files.js';
import type { ByteString } from './mail.js';

export interface ControlFolder {
  readonly home: ByteString;
  readonly files: ControlFiles;
  /** Files that are there and cannot be read. */
  readonly unreadable: ReadonlySet<string>;
  /** Every file of control/, sorted. */
  readonly names: readonly ByteString[];
  /** Seconds since 1970 by name. */
  readonly mtimes: ReadonlyMap<string, number>;
  readonly uids: readonly number[];
  readonly gids: readonly number[];
}

type Sentence = (value: ByteString) => ByteString;

/** What stands behind the file's name and `: `, with its line end. */
type Entry = readonly [name: string, text: (folder: ControlFolder) => ByteString];

const trouble = 'Oops! Trouble reading this file.\n';
const byDefault = (sentence: ByteString): ByteString => `(Default.) ${sentence}\n`;
/** No octet of a file reaches the terminal that could steer it. */
const printable = (value: ByteString): ByteString => value.replace(/[^\x20-\x7e]/g, '?');

function guarded(name: string, text: (folder: ControlFolder) => ByteString): Entry {
  return [name, (folder) => (folder.unreadable.has(name) ? trouble : text(folder))];
}

/** A line file; without it control/me, or `fallback` when that is missing too. */
function line(name: string, sentence: Sentence, fallback: { readonly text: ByteString; readonly me: boolean }): Entry {
  return guarded(name, ({ files }) => {
    const value = controlLine(files, name);
    if (value !== undefined) return `${sentence(printable(value))}\n`;
    return byDefault(sentence(printable((fallback.me ? controlLine(files, 'me') : undefined) ?? fallback.text)));
  });
}

const orMe = (name: string, sentence: Sentence): Entry => line(name, sentence, { text: name, me: true });

function int(name: string, fallback: number, sentence: Sentence): Entry {
  return guarded(name, ({ files }) => {
    const value = controlInt(files, name);
    return value === undefined ? byDefault(sentence(String(fallback))) : `${sentence(String(value))}\n`;
  });
}

function list(name: string, sentence: Sentence, absent: ByteString): Entry {
  return guarded(name, ({ files }) => {
    const lines = controlList(files, name);
    return lines === undefined ? byDefault(absent) : ['\n', ...lines.map((one) => `${sentence(printable(one))}\n`)].join('');
  });
}

const mayReceive: Sentence = (host) => `SMTP clients may send messages to recipients at ${host}.`;

function moreHosts(folder: ControlFolder): ByteString {
  const needless = !folder.files.has('rcpthosts') && !folder.unreadable.has('rcpthosts');
  const sentence: Sentence = needless ? (host) => `No rcpthosts; doesn't matter that morercpthosts has ${host}.` : mayReceive;
  const absent = needless ? 'No rcpthosts; morercpthosts is irrelevant.' : 'No effect.';
  return list('morercpthosts', sentence, absent)[1](folder);
}

function moreHostsTable({ mtimes }: ControlFolder): ByteString {
  const table = mtimes.get('morercpthosts.cdb');
  const source = mtimes.get('morercpthosts');
  if (table === undefined && source === undefined) return byDefault('No effect.');
  if (table === undefined) return "Oops! morercpthosts exists but morercpthosts.cdb doesn't.\n";
  if (source === undefined) return "Oops! morercpthosts.cdb exists but morercpthosts doesn't.\n";
  if (table < source) return 'Oops! morercpthosts.cdb is older than morercpthosts.\n';
  return 'Modified recently enough; hopefully up to date.\n';
}

const qmailFiles: readonly Entry[] = [
  list('badmailfrom', (one) => `${one} not accepted in MAIL FROM.`, 'Any MAIL FROM is allowed.'),
  line('bouncefrom', (one) => `Bounce user name is ${one}.`, { text: 'MAILER-DAEMON', me: false }),
  orMe('bouncehost', (one) => `Bounce host name is ${one}.`),
  int('concurrencylocal', 10, (one) => `Local concurrency is ${one}.`),
  int('concurrencyremote', 20, (one) => `Remote concurrency is ${one}.`),
  int('databytes', 0, (one) => `SMTP DATA limit is ${one} bytes.`),
  orMe('defaultdomain', (one) => `Default domain name is ${one}.`),
  orMe('defaulthost', (one) => `Default host name is ${one}.`),
  orMe('doublebouncehost', (one) => `2B recipient host: ${one}.`),
  line('doublebounceto', (one) => `2B recipient user: ${one}.`, { text: 'postmaster', me: false }),
  orMe('envnoathost', (one) => `Presumed domain name is ${one}.`),
  orMe('helohost', (one) => `SMTP client HELO host name is ${one}.`),
  orMe('idhost', (one) => `Message-ID host name is ${one}.`),
  orMe('localiphost', (one) => `Local IP address becomes ${one}.`),
  list('locals', (one) => `Messages for ${one} are delivered locally.`, 'Messages for me are delivered locally.'),
  line('me', (one) => `My name is ${one}.`, { text: 'undefined! Uh-oh', me: false }),
  list('percenthack', (one) => `The percent hack is allowed for user%host@${one}.`, 'The percent hack is not allowed.'),
  orMe('plusdomain', (one) => `Plus domain name is ${one}.`),
  list('qmqpservers', (one) => `QMQP server: ${one}.`, 'No QMQP servers.'),
  int('queuelifetime', 604_800, (one) => `Message lifetime in the queue is ${one} seconds.`),
  // qmail's relay is open without this file; this one's is closed.
  list('rcpthosts', mayReceive, 'SMTP clients may not send messages to any recipient, unless they may relay.'),
  guarded('morercpthosts', moreHosts),
  ['morercpthosts.cdb', moreHostsTable],
  orMe('smtpgreeting', (one) => `SMTP greeting: 220 ${one}.`),
  list('smtproutes', (one) => `SMTP route: ${one}`, 'No artificial SMTP routes.'),
  int('timeoutconnect', 60, (one) => `SMTP client connection timeout is ${one} seconds.`),
  int('timeoutremote', 1200, (one) => `SMTP client data timeout is ${one} seconds.`),
  int('timeoutsmtpd', 1200, (one) => `SMTP server data timeout is ${one} seconds.`),
  list('virtualdomains', (one) => `Virtual domain: ${one}`, 'No virtual domains.'),
];

/** Files that qmail does not know; told only where they are. */
const ownFiles: Readonly<Record<string, Sentence>> = {
  autoturn: (one) => `Mail goes out when the peer connects: ${one}`,
  barecr: (one) => `Bare carriage returns in SMTP: ${one}.`,
  bouncemaxbytes: (one) => `At most ${one} bytes of a message are in its bounce.`,
  bouncerate: (one) => `At most ${one} bounces are made in a minute.`,
  checkpassword: (one) => `POP3 passwords are checked by ${one}.`,
  concurrencyincoming: (one) => `Incoming concurrency is ${one}.`,
  concurrencyperip: (one) => `Incoming concurrency of one address is ${one}.`,
  defaultdelivery: (one) => `Default delivery: ${one}`,
  etrnhosts: (one) => `ETRN is allowed: ${one}`,
  holdremote: (one) => `Mail is held until it is asked for: ${one}`,
  listeners: (one) => `Listener: ${one}`,
  logformat: (one) => `Log format is ${one}.`,
  logstamp: (one) => `Log time stamp is ${one}.`,
  maxrcpt: (one) => `An SMTP message may have ${one} recipients.`,
  nameservers: (one) => `Name server: ${one}`,
  qmtproutes: (one) => `QMTP route: ${one}`,
  queuebytes: (one) => `Queue size limit is ${one} bytes.`,
  queuereserve: (one) => `${one} bytes of disk are left free.`,
  rcptspertransaction: (one) => `SMTP client recipients per transaction: ${one}.`,
  recipients: (one) => `Recipients are checked at RCPT: ${one}.`,
  remotegreet: (one) => `SMTP client greets with ${one}.`,
  topology: (one) => `Thread topology is ${one}.`,
};

const known = new Set(qmailFiles.map(([name]) => name));

function otherFile(folder: ControlFolder, name: string): ByteString {
  const sentence = Object.hasOwn(ownFiles, name) ? ownFiles[name] : undefined;
  if (sentence === undefined) return 'I have no idea what this file does.\n';
  return list(name, sentence, '')[1]({ ...folder });
}

/** The control files whose texts are wanted. */
export const shownFiles: readonly string[] = [...known, ...Object.keys(ownFiles)].filter((name) => !name.endsWith('.cdb'));

/** What stands before the files. The spawn limit and the split are those of qmail-lspawn, qmail-rspawn and of queue folders in qmail's form. */
export function showHead({ home, uids, gids }: Pick<ControlFolder, 'home' | 'uids' | 'gids'>): ByteString {
  return [
    `qmail home directory: ${home}.\n`,
    'user-ext delimiter: -.\n',
    'paternalism (in decimal): 2.\n',
    'silent concurrency limit: 120.\n',
    'subdirectory split: 23.\n',
    `user ids: ${uids.join(', ')}.\n`,
    `group ids: ${gids.join(', ')}.\n`,
  ].join('');
}

/** What stands behind the head: an entry a file. */
export function showControls(folder: ControlFolder): ByteString {
  const entries = qmailFiles.map(([name, text]) => `\n${name}: ${text(folder)}`);
  const others = folder.names.filter((name) => !known.has(name)).map((name) => `\n${name}: ${otherFile(folder, name)}`);
  return [...entries, ...others].join('');
}
