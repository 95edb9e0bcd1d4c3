/** Octets that no editor shows, and values that count as something else than they look like. */
import { type ControlFiles, firstLine } from '../control-files.js';
import { controlPath, showValue } from '../control-strict.js';
import type { Advice } from './advice.js';

const hosts = ['bouncehost', 'doublebouncehost', 'envnoathost', 'helohost', 'idhost', 'localiphost', 'me'] as const;
const lines = [...hosts, 'bouncefrom', 'defaultdomain', 'defaulthost', 'doublebounceto', 'plusdomain', 'smtpgreeting'] as const;
/** Int files, with the number above which they count as that number. */
const ints: Readonly<Record<string, number>> = {
  concurrencyincoming: 10_000,
  concurrencylocal: 10_000,
  concurrencyremote: 10_000,
  databytes: Number.MAX_SAFE_INTEGER,
  queuelifetime: Number.MAX_SAFE_INTEGER,
  timeoutconnect: Number.MAX_SAFE_INTEGER,
  timeoutremote: Number.MAX_SAFE_INTEGER,
  timeoutsmtpd: Number.MAX_SAFE_INTEGER,
};
/** Seconds: a lifetime that is shorter was probably meant in another unit. */
const shortLifetime = 3_600;

/** These drop a carriage return by themselves. */
const strict: ReadonlySet<string> = new Set([
  'autoturn',
  'barecr',
  'bouncemaxbytes',
  'bouncerate',
  'concurrencyperip',
  'etrnhosts',
  'holdremote',
  'listeners',
  'logformat',
  'logstamp',
  'maxrcpt',
  'nameservers',
  'queuebytes',
  'queuereserve',
  'rcptspertransaction',
  'remotegreet',
  'topology',
]);

const at = (name: string, line: number, text: string, serious = false): Advice => ({
  file: controlPath(name),
  line,
  text,
  serious,
});

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** A byte order mark, carriage returns, NULs. */
export function octetAdvice(name: string, text: string): readonly Advice[] {
  if (/^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/.test(text))
    return [
      at(name, 1, 'begins with a byte order mark, which counts as part of the value; save it as plain text without one', true),
    ];
  const nul = text.indexOf('\0');
  if (nul >= 0) return [at(name, lineOf(text, nul), 'has a NUL, which ends the value; save it as plain text', true)];
  const cr = strict.has(name) ? -1 : text.indexOf('\r');
  if (cr < 0) return [];
  return [
    at(name, lineOf(text, cr), `a carriage return counts as part of the value; run: sed -i 's/\\r//' control/${name}`, true),
  ];
}

/** Line files and int files. */
export function valueAdvice(files: ControlFiles): readonly Advice[] {
  return [
    ...lines.flatMap((name) => lineFile(files, name)),
    ...hosts.flatMap((name) => hostFile(files, name)),
    ...Object.entries(ints).flatMap(([name, above]) => intFile(files, name, above)),
    ...defaultDelivery(files),
  ];
}

function lineFile(files: ControlFiles, name: string): readonly Advice[] {
  const text = files.get(name);
  const value = firstLine(files, name);
  if (text === undefined || value === undefined) return [];
  if (value.startsWith('#')) return [at(name, 1, `${showValue(value)} is the value: this file has no comments`, true)];
  const further = text.split('\n').findIndex((line, index) => index > 0 && line.trim() !== '');
  return further < 0 ? [] : [at(name, further + 1, 'does not count: only the first line does')];
}

function hostFile(files: ControlFiles, name: string): readonly Advice[] {
  const value = firstLine(files, name);
  if (value === undefined || value === '' || value.startsWith('#')) return [];
  // What other servers are told.
  const said = name === 'me' || name === 'helohost';
  if (/[^0-9A-Za-z._[\]:-]/.test(value))
    return [at(name, 1, `${showValue(value)} is no host name; write one such as mail.example.org`, said)];
  if (!said || value.includes('.') || value.startsWith('[')) return [];
  const text = `${showValue(value)} has no domain: others may refuse mail from it; write a full name such as mail.example.org`;
  return [at(name, 1, text)];
}

function intFile(files: ControlFiles, name: string, above: number): readonly Advice[] {
  const value = firstLine(files, name);
  if (value === undefined) return [];
  if (value === '') return [at(name, 1, 'is empty: the default counts; remove the file, or write a number')];
  const digits = /^[0-9]+/.exec(value)?.[0];
  if (digits === undefined)
    return [at(name, 1, `${showValue(value)} is no number: the default counts; write digits alone`, true)];
  if (digits !== value) return [at(name, 1, `${showValue(value)} counts as ${digits}; write digits alone`, true)];
  if (Number(digits) > above) return [at(name, 1, `${digits} counts as ${above}`)];
  if (name === 'queuelifetime' && Number(digits) < shortLifetime)
    return [at(name, 1, `mail that is deferred bounces after ${digits} seconds; a week is 604800`)];
  if (name.startsWith('timeout') && Number(digits) === 0) return [at(name, 1, '0 counts as 1 second')];
  return [];
}

/** Its lines are those of a .qmail file: what begins like nothing else is an address. */
function defaultDelivery(files: ControlFiles): readonly Advice[] {
  const entries = (files.get('defaultdelivery') ?? '').split('\n');
  return entries.flatMap((line, index) =>
    /^[A-Za-z0-9]/.test(line) && !line.includes('@')
      ? [
          at(
            'defaultdelivery',
            index + 1,
            `${showValue(line)} is an address to forward to; a Maildir is written ./Maildir/`,
            true,
          ),
        ]
      : [],
  );
}
