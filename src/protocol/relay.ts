/**
 * Whom an SMTP client without relay rights may write to (rcpthosts), and which senders are refused
 * (badmailfrom): spec smtpd.md §2.4, §2.5. Says yes or no; the words of the reply are smtpd's.
 * A missing rcpthosts closes the relay, where qmail would open it to everybody; and the percent hack does not lead around
 * rcpthosts, as it does in qmail when a domain stands in both files.
 */
import { lowerCaseAscii } from './bytes.js';
import type { ByteString } from './mail.js';
import { withHost } from './routing.js';
import type { Settings } from './settings.js';

/** Without `percenthack` no address is anything but what it says. */
export type RelaySettings = Pick<Settings, 'rcpthosts' | 'badmailfrom'> & Partial<Pick<Settings, 'percenthack' | 'envnoathost'>>;

export interface Relay {
  /** An address without `@` is allowed: it gets envnoathost later. */
  rcptAllowed(recipient: ByteString): boolean;
  senderBad(sender: ByteString): boolean;
}

/** Is this lower-case key (a host name, or a suffix with its dot) listed? */
export type HostListed = (key: ByteString) => boolean;

/** Tries the whole name, then each suffix that begins with a dot, from the longest. */
function listed(host: ByteString, has: HostListed): boolean {
  if (has(host)) return true;
  for (let dot = host.indexOf('.', 1); dot >= 0; dot = host.indexOf('.', dot + 1)) {
    if (has(host.slice(dot))) return true;
  }
  return false;
}

/**
 * `more` looks keys up in morercpthosts; it is asked only when rcpthosts exists and does not hold
 * the name. It may throw when its file cannot be read; the caller then answers 421.
 */
export function compileRelay(settings: RelaySettings, more?: HostListed): Relay {
  const hosts = settings.rcpthosts === undefined ? undefined : new Set(settings.rcpthosts);
  const bad = new Set(settings.badmailfrom);
  const hacked = new Set((settings.percenthack ?? []).map(lowerCaseAscii));
  const hostAllowed = (recipient: ByteString): boolean => {
    const at = recipient.lastIndexOf('@');
    if (at < 0) return true;
    const host = lowerCaseAscii(recipient.slice(at + 1));
    if (hosts === undefined || host === '') return false;
    return listed(host, (key) => hosts.has(key)) || (more !== undefined && listed(host, more));
  };
  return {
    rcptAllowed(recipient) {
      if (!hostAllowed(recipient)) return false;
      if (hacked.size === 0 || !recipient.includes('%')) return true;
      const noHost = settings.envnoathost ?? '';
      const meant = withHost(recipient, noHost, hacked);
      return meant === withHost(recipient, noHost, new Set()) || hostAllowed(meant);
    },
    senderBad(sender) {
      if (bad.size === 0) return false;
      const address = lowerCaseAscii(sender);
      const at = address.lastIndexOf('@');
      return bad.has(address) || (at >= 0 && bad.has(address.slice(at)));
    },
  };
}
