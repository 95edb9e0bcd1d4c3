/**
 * What qmail-smtpd takes from control/ and from the environment, once a session (spec smtpd.md §1.1, §1.2): read as
 * qmail reads it, faulty numbers count as absent.
 */
import type { RecipientCheck } from '../../../actors/net/recipients.js';
import { lowerCaseAscii } from '../../../protocol/bytes.js';
import { controlInt, controlLine, controlLineOrMe, controlList } from '../../../protocol/control-files.js';
import type { ByteString } from '../../../protocol/mail.js';
import type { Settings } from '../../../protocol/settings.js';
import type { SmtpServerOptions } from '../../../protocol/smtp/session.js';
import { readControlDir } from '../../../store/control-dir.js';
import type { Call } from '../../call.js';
import { recipientCheck } from '../recipients/checks.js';

export interface SmtpdSettings {
  readonly policy: Pick<Settings, 'rcpthosts' | 'badmailfrom' | 'localiphost' | 'percenthack' | 'envnoathost'>;
  readonly session: SmtpServerOptions;
  readonly timeoutMs: number;
  /** Appended to every recipient; set, even empty: the client may relay. */
  readonly relayclient: ByteString | undefined;
  readonly recipients: RecipientCheck | undefined;
}

const names = [
  ...['badmailfrom', 'barecr', 'databytes', 'envnoathost', 'localiphost', 'maxrcpt', 'me'],
  ...['percenthack', 'rcpthosts', 'recipients', 'smtpgreeting', 'timeoutsmtpd'],
];
/** qmail sets no limit; one session has a process of its own. */
const longestCommand = 1_048_576;
/** A larger timeout would overflow the clock's milliseconds. */
const longestTimeout = 2_000_000;

/** Undefined: a file cannot be read, or nothing says how this host calls itself. */
export async function smtpdSettings(call: Call): Promise<SmtpdSettings | undefined> {
  const { home, env } = call;
  const { files, problems } = await readControlDir(home, names);
  const greeting = controlLineOrMe(files, 'smtpgreeting');
  if (problems.length > 0 || greeting === undefined) return undefined;
  const limit = env.get('DATABYTES');
  const databytes =
    limit === undefined ? controlInt(files, 'databytes') : controlInt(new Map([['databytes', limit]]), 'databytes');
  return {
    policy: {
      rcpthosts: controlList(files, 'rcpthosts')?.map(lowerCaseAscii),
      badmailfrom: (controlList(files, 'badmailfrom') ?? []).map(lowerCaseAscii),
      localiphost: controlLineOrMe(files, 'localiphost'),
      percenthack: controlList(files, 'percenthack') ?? [],
      envnoathost: controlLineOrMe(files, 'envnoathost') ?? greeting,
    },
    session: {
      greeting,
      databytes: databytes ?? 0,
      maxRecipients: Math.max(1, controlInt(files, 'maxrcpt') ?? 10_000),
      maxCommandLine: longestCommand,
      maxErrors: 100,
      maxHops: 100,
      barecr: controlLine(files, 'barecr') === 'space' ? 'space' : 'reject',
      maxHeader: 1_048_576,
    },
    timeoutMs: Math.min(longestTimeout, Math.max(1, controlInt(files, 'timeoutsmtpd') ?? 1_200)) * 1_000,
    relayclient: env.get('RELAYCLIENT'),
    recipients: files.has('recipients') ? await recipientCheck(call, 'qmail-smtpd') : undefined,
  };
}
