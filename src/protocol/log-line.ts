/**
 * The activity log: every event as a value, as its qmail-log line and as fields (spec log.md).
 * Pure; who writes it, and where, is splogger's business.
 */
import type { ByteString, Channel } from './mail.js';

export type LogEvent =
  | { readonly event: 'new msg'; readonly msg: number }
  | {
      readonly event: 'info msg';
      readonly msg: number;
      readonly bytes: number;
      readonly sender: ByteString;
      readonly qp: number;
      readonly uid: number;
    }
  | { readonly event: 'bounce msg'; readonly msg: number; readonly qp: number }
  | { readonly event: 'triple bounce'; readonly msg: number }
  | { readonly event: 'end msg'; readonly msg: number }
  | {
      readonly event: 'starting delivery';
      readonly delivery: number;
      readonly msg: number;
      readonly channel: Channel;
      readonly recipient: ByteString;
    }
  | {
      readonly event: 'delivery';
      readonly delivery: number;
      readonly result: 'success' | 'failure' | 'deferral' | 'mangled';
      readonly text: ByteString;
    }
  | {
      readonly event: 'status';
      readonly local: number;
      readonly localMax: number;
      readonly remote: number;
      readonly remoteMax: number;
      readonly exitasap: boolean;
    }
  | { readonly event: 'exiting' }
  | { readonly event: 'alert' | 'warning' | 'info'; readonly text: string };

const safeText = /^[\x21-\x24\x26-\x7e]*$/;
const unsafeUnits = /[^\n\x21-\x24\x26-\x7e]/g;
const printableText = /^[\x20-\x7e]*$/;

/** qmail's safe encoding of addresses and reports: LF becomes `/`, octets <= 32, > 126 and `%` become `_`. */
export function logSafe(text: ByteString): string {
  if (safeText.test(text)) return text;
  return text.replace(unsafeUnits, '_').replaceAll('\n', '/');
}

/** One line of our own words: blanks stay, line ends and other odd units cannot break the line. */
function oneLine(text: string): string {
  if (printableText.test(text)) return text;
  return text.replace(/\n/g, '/').replace(/[^\x20-\x7e]/g, '_');
}

function statusLine(status: Extract<LogEvent, { event: 'status' }>): string {
  const { local, localMax, remote, remoteMax, exitasap } = status;
  return `status: local ${local}/${localMax} remote ${remote}/${remoteMax}${exitasap ? ' exitasap' : ''}`;
}

/** The qmail-send log line of an event, without stamp and line end. */
export function renderLogLine(event: LogEvent): string {
  switch (event.event) {
    case 'new msg':
    case 'end msg':
      return `${event.event} ${event.msg}`;
    case 'info msg':
      return `info msg ${event.msg}: bytes ${event.bytes} from <${logSafe(event.sender)}> qp ${event.qp} uid ${event.uid}`;
    case 'bounce msg':
      return `bounce msg ${event.msg} qp ${event.qp}`;
    case 'triple bounce':
      return `triple bounce: discarding bounce/${event.msg}`;
    case 'starting delivery':
      return `starting delivery ${event.delivery}: msg ${event.msg} to ${event.channel} ${logSafe(event.recipient)}`;
    case 'delivery':
      if (event.result === 'mangled') return `delivery ${event.delivery}: report mangled, will defer`;
      return `delivery ${event.delivery}: ${event.result}: ${logSafe(event.text)}`;
    case 'status':
      return statusLine(event);
    case 'exiting':
      return 'status: exiting';
    default:
      return `${event.event}: ${oneLine(event.text)}`;
  }
}
