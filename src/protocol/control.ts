/**
 * Settings out of the texts of control/ (spec control.md; contract §3, §5).
 * qmail's files keep qmail's rules, silent defaults included; files that only this system has
 * are read strictly. Pure: reading the folder is store/control-dir.ts.
 */
import { lowerCaseAscii } from './bytes.js';
import { type ControlFiles, controlInt, controlLine, controlList, controlMap } from './control-files.js';
import { controlPath, showValue, strictInt, strictLines, strictWord } from './control-strict.js';
import { wrongDestination } from './destination.js';
import { parseEndpoint } from './endpoint.js';
import { parseListeners } from './listeners.js';
import { parseRecipientSource } from './recipient-check.js';
import type { MapSetting, Settings, SettingsProblem } from './settings.js';
import { turnProblems } from './turn-peers.js';

/** Most slots of a channel and most connections; larger numbers are cut to it, as qmail cuts to its spawn limit. */
const maxConcurrency = 10_000;
const maxRecipientCount = 1_000_000;
/** What is cut is held in memory. */
const maxBounceBytes = 262_144;
/** Bounces a minute. */
const maxBounceRate = 1_000_000;
const maxOctets = 2 ** 50;

export type SettingsResult = { readonly settings: Settings } | { readonly problems: readonly SettingsProblem[] };

type Smtpd = Pick<
  Settings,
  | 'smtpgreeting'
  | 'localiphost'
  | 'rcpthosts'
  | 'badmailfrom'
  | 'databytes'
  | 'maxrcpt'
  | 'barecr'
  | 'timeoutsmtpd'
  | 'concurrencyincoming'
  | 'concurrencyperip'
  | 'listeners'
  | 'recipients'
  | 'etrnhosts'
  | 'autoturn'
>;

/** qmail treats a timeout of 0 as one second. */
function timeout(files: ControlFiles, name: string, fallback: number): number {
  return Math.max(1, controlInt(files, name) ?? fallback);
}

function concurrency(files: ControlFiles, name: string): number | undefined {
  const value = controlInt(files, name);
  return value === undefined ? undefined : Math.min(value, maxConcurrency);
}

function turnPeers(files: ControlFiles, name: string, problems: SettingsProblem[]): MapSetting {
  const peers = controlMap(files, name);
  problems.push(...turnProblems(controlPath(name), peers));
  return peers;
}

function recipientSource(files: ControlFiles, problems: SettingsProblem[]): string {
  const line = controlLine(files, 'recipients') ?? 'off';
  if (parseRecipientSource(line) !== undefined) return line;
  const known = 'off, local, file FILE, cdb FILE or program COMMAND';
  problems.push({ file: controlPath('recipients'), line: 1, text: `${showValue(line)} is unknown; write ${known}` });
  return 'off';
}

/** Destinations whose mail waits until it is asked for. */
function holdRemote(files: ControlFiles, problems: SettingsProblem[]): readonly string[] {
  return strictLines(files, 'holdremote').map(({ line, text }) => {
    const wrong = wrongDestination(text);
    if (wrong !== undefined) problems.push({ file: controlPath('holdremote'), line, text: `${showValue(text)} ${wrong}` });
    return lowerCaseAscii(text);
  });
}

function smtpdSettings(files: ControlFiles, me: string, problems: SettingsProblem[]): Smtpd {
  return {
    smtpgreeting: controlLine(files, 'smtpgreeting') ?? me,
    localiphost: controlLine(files, 'localiphost') ?? me,
    rcpthosts: controlList(files, 'rcpthosts')?.map(lowerCaseAscii),
    badmailfrom: (controlList(files, 'badmailfrom') ?? []).map(lowerCaseAscii),
    databytes: controlInt(files, 'databytes') ?? 0,
    maxrcpt: strictInt(files, 'maxrcpt', { min: 1, max: maxRecipientCount }, problems) ?? 10_000,
    barecr: strictWord(files, 'barecr', ['reject', 'space'], 'reject', problems),
    timeoutsmtpd: timeout(files, 'timeoutsmtpd', 1200),
    concurrencyincoming: concurrency(files, 'concurrencyincoming'),
    concurrencyperip: strictInt(files, 'concurrencyperip', { min: 1, max: maxConcurrency }, problems),
    listeners: parseListeners(files, problems),
    recipients: recipientSource(files, problems),
    etrnhosts: turnPeers(files, 'etrnhosts', problems),
    autoturn: turnPeers(files, 'autoturn', problems),
  };
}

function sendSettings(files: ControlFiles, me: string, problems: SettingsProblem[]) {
  return {
    holdremote: holdRemote(files, problems),
    envnoathost: controlLine(files, 'envnoathost') ?? me,
    percenthack: controlList(files, 'percenthack') ?? [],
    locals: controlList(files, 'locals') ?? [me],
    virtualdomains: controlMap(files, 'virtualdomains'),
    queuelifetime: controlInt(files, 'queuelifetime') ?? 604_800,
    bouncefrom: controlLine(files, 'bouncefrom') ?? 'MAILER-DAEMON',
    bouncehost: controlLine(files, 'bouncehost') ?? me,
    bouncemaxbytes: strictInt(files, 'bouncemaxbytes', { min: 0, max: maxBounceBytes }, problems) ?? 0,
    bouncerate: strictInt(files, 'bouncerate', { min: 0, max: maxBounceRate }, problems) ?? 0,
    doublebounceto: controlLine(files, 'doublebounceto') ?? 'postmaster',
    doublebouncehost: controlLine(files, 'doublebouncehost') ?? me,
    concurrencylocal: concurrency(files, 'concurrencylocal') ?? 10,
    concurrencyremote: concurrency(files, 'concurrencyremote') ?? 20,
  };
}

function nameServers(files: ControlFiles, problems: SettingsProblem[]): readonly string[] {
  const servers: string[] = [];
  for (const { line, text } of strictLines(files, 'nameservers')) {
    // A plain IPv6 address may stand without brackets here, as in resolv.conf.
    const endpoint = parseEndpoint(/^[0-9a-fA-F]*:[0-9a-fA-F]*:/.test(text) ? `[${text}]` : text);
    if ('wrong' in endpoint)
      problems.push({ file: controlPath('nameservers'), line, text: `${showValue(text)} ${endpoint.wrong}` });
    else if (endpoint.port === 0)
      problems.push({ file: controlPath('nameservers'), line, text: 'port 0 cannot be asked; write 53' });
    else if (endpoint.address.includes(':'))
      servers.push(endpoint.port === undefined ? `[${endpoint.address}]` : `[${endpoint.address}]:${endpoint.port}`);
    else servers.push(endpoint.port === undefined ? endpoint.address : `${endpoint.address}:${endpoint.port}`);
  }
  return servers;
}

type Remote = Pick<
  Settings,
  | 'helohost'
  | 'qmtproutes'
  | 'smtproutes'
  | 'remotegreet'
  | 'timeoutconnect'
  | 'timeoutremote'
  | 'rcptspertransaction'
  | 'nameservers'
>;

function remoteSettings(files: ControlFiles, me: string, problems: SettingsProblem[]): Remote {
  return {
    helohost: controlLine(files, 'helohost') ?? me,
    qmtproutes: controlMap(files, 'qmtproutes'),
    smtproutes: controlMap(files, 'smtproutes'),
    remotegreet: strictWord(files, 'remotegreet', ['auto', 'ehlo', 'helo'], 'auto', problems),
    timeoutconnect: timeout(files, 'timeoutconnect', 60),
    timeoutremote: timeout(files, 'timeoutremote', 1200),
    rcptspertransaction: strictInt(files, 'rcptspertransaction', { min: 1, max: 1000 }, problems) ?? 1,
    nameservers: nameServers(files, problems),
  };
}

/** The control files that the command qmail-remote reads (spec remote.md §2, and this system's own). */
export const remoteControlNames = [
  'me',
  'helohost',
  'qmtproutes',
  'smtproutes',
  'remotegreet',
  'timeoutconnect',
  'timeoutremote',
  'nameservers',
] as const;

/** What one remote delivery needs, without the rest of the settings. */
export function parseRemoteSettings(files: ControlFiles): Remote | { readonly problems: readonly SettingsProblem[] } {
  const problems: SettingsProblem[] = [];
  const settings = remoteSettings(files, controlLine(files, 'me') ?? '', problems);
  return problems.length > 0 ? { problems } : settings;
}

function injectSettings(files: ControlFiles, me: string) {
  return {
    defaulthost: controlLine(files, 'defaulthost') ?? me,
    defaultdomain: controlLine(files, 'defaultdomain') ?? me,
    plusdomain: controlLine(files, 'plusdomain') ?? me,
    idhost: controlLine(files, 'idhost') ?? me,
  };
}

function nodeSettings(files: ControlFiles, problems: SettingsProblem[]) {
  const octets = { min: 0, max: maxOctets };
  return {
    // The whole text: several .qmail lines are allowed, as in qmail-start's argument.
    defaultdelivery: files.get('defaultdelivery')?.replace(/\n+$/, '') || './Mailbox',
    logformat: strictWord(files, 'logformat', ['qmail', 'json'], 'qmail', problems),
    logstamp: strictWord(files, 'logstamp', ['none', 'tai64n'], 'none', problems),
    topology: strictWord(files, 'topology', ['roles', 'single'], 'roles', problems),
    queuebytes: strictInt(files, 'queuebytes', octets, problems) ?? 0,
    queuereserve: strictInt(files, 'queuereserve', octets, problems) ?? 64 * 1024 * 1024,
  };
}

/**
 * All settings, or everything that is wrong. `files` holds the latin1 text of each file of control/.
 * Without control/me there are no settings: too much of what the system says of itself hangs on it.
 */
export function parseSettings(files: ControlFiles): SettingsResult {
  const problems: SettingsProblem[] = [];
  const me = controlLine(files, 'me') ?? '';
  if (me === '') {
    const what = files.has('me') ? 'its first line is empty' : 'it does not exist';
    problems.push({
      file: controlPath('me'),
      line: files.has('me') ? 1 : 0,
      text: `${what}; write this host's full name into it, such as mail.example.org, or run tqmail init`,
    });
  }
  const settings: Settings = {
    me,
    ...smtpdSettings(files, me, problems),
    ...sendSettings(files, me, problems),
    ...remoteSettings(files, me, problems),
    ...injectSettings(files, me),
    ...nodeSettings(files, problems),
  };
  return problems.length > 0 ? { problems } : { settings };
}
