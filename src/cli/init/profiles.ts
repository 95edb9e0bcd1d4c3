/**
 * What `tqmail init --profile NAME` writes for the usual set-ups (docs/profiles.md): the control files that differ from
 * those of a plain home, and instructions for mail. Pure text.
 */
import { type PlannedFile, smtpRules } from './control-files.js';

export interface ProfileWords {
  readonly me: string;
  /** Absolute path of the home. */
  readonly home: string;
  /** Added to the usual port of each service. */
  readonly base: number;
  /** `host[:port]` of the next server; empty when none was given. */
  readonly relay: string;
  /** `domain:host[:port]`. */
  readonly routes: readonly string[];
  /** Beginnings of addresses, `192.168.1.`. */
  readonly lan: readonly string[];
  readonly domains: readonly string[];
}

interface Profile {
  readonly needs: readonly ('relay' | 'lan' | 'domains' | 'routes')[];
  files(words: ProfileWords): readonly PlannedFile[];
}

/** A month: a link may be down for longer than a week. */
const longLifetime = '2592000';
const control = (name: string, lines: readonly string[], why: string): PlannedFile => ({
  path: `control/${name}`,
  text: lines.map((line) => `${line}\n`).join(''),
  why,
});

function listeners({ base }: ProfileWords, smtpAt: string, why: string): PlannedFile {
  const lines = [
    `smtp ${smtpAt}:${base + 25} rules=control/tcp.smtp`,
    `qmtp ${smtpAt}:${base + 209} rules=control/tcp.smtp`,
    `qmqp 127.0.0.1:${base + 628} rules=control/tcp.qmqp`,
  ];
  return control('listeners', lines, why);
}

const quoted = (path: string): string => `'${path.replaceAll("'", `'\\''`)}'`;

/** Everything that is not ours, and is not excepted, bounces at once with a reason. */
function nowhere({ home, me }: ProfileWords, exceptions: readonly string[]): readonly PlannedFile[] {
  const text = `this machine has no connection to other networks; mail can go to ${[me, ...exceptions].join(', ')} only`;
  return [
    control(
      'virtualdomains',
      [...exceptions.map((domain) => `${domain}:`), ':alias-nowhere'],
      'mail for other domains goes to alias/.qmail-nowhere-default; an empty right side is an exception',
    ),
    {
      path: 'alias/.qmail-nowhere-default',
      text: `|${quoted(`${home}/bin/bouncesaying`)} 'Sorry, ${text}. (#5.4.4)'\n`,
      why: 'mail for other domains bounces at once with this reason, in place of after a week',
    },
  ];
}

const relayed = ({ relay, routes }: ProfileWords, direct: readonly string[] = []): PlannedFile =>
  control(
    'smtproutes',
    [...direct.map((domain) => `${domain}:`), ...routes, `:${relay}`],
    'all mail for others goes to this server; an empty right side is an exception',
  );

const held = (names: readonly string[]): readonly PlannedFile[] => [
  control('holdremote', names, 'mail for these waits until `tqmail flush`, which the script of the link calls'),
  control('queuelifetime', [longLifetime], 'seconds that mail may wait: 30 days, for a link that is down for long'),
];

const hostOnly = (relay: string): string => relay.replace(/:\d+$/, '').toLowerCase();
const hostsOf = ({ relay, routes }: ProfileWords): readonly string[] => {
  const hosts = [relay, ...routes.map((route) => route.slice(route.indexOf(':') + 1))].map(hostOnly);
  return [...new Set(hosts)];
};

/** Relay for the LAN; `others`: what all other addresses get. */
function lanRules({ lan }: ProfileWords, others: string): PlannedFile {
  const lines = lan.map((prefix) => `${prefix}:allow,RELAYCLIENT=""\n`).join('');
  const text = smtpRules.replace(/:allow\n$/, `${lines}${others}\n`);
  return { path: 'control/tcp.smtp', text, why: 'programs on this host and machines of the LAN may send mail anywhere' };
}

/** Domain of the LAN: that of this host, and the others that were named. */
function lanDomains({ me, domains }: ProfileWords): readonly string[] {
  const own = me.split('.').slice(1).join('.');
  return [...new Set([me, ...(own.includes('.') ? [own] : []), ...domains])];
}

const ownDomains = (domains: readonly string[]): readonly PlannedFile[] => [
  control('locals', domains, 'mail for these domains is delivered here'),
  control('rcpthosts', domains, 'SMTP takes mail from outside for these domains and no others'),
];

const checked = control('recipients', ['local'], 'unknown recipients are refused at once, in place of a bounce later');
const perAddress = control('concurrencyperip', ['20'], 'one address of the Internet holds at most so many connections');

export const profiles: Readonly<Record<string, Profile>> = {
  isolated: { needs: [], files: (words) => nowhere(words, []) },
  intermittent: { needs: ['relay'], files: (words) => [relayed(words), ...held(['*'])] },
  providers: { needs: ['relay', 'routes'], files: (words) => [relayed(words), ...held(hostsOf(words))] },
  'lan-client': {
    needs: ['relay'],
    files: (words) => [relayed(words), listeners(words, '0.0.0.0', 'SMTP and QMTP for the LAN: mail for this host')],
  },
  'lan-null': {
    needs: ['relay'],
    files: (words) => [
      relayed(words),
      control('listeners', ['# none: mail comes from programs on this host alone'], 'no port is open'),
      control('locals', ['# none: the server has all mailboxes'], 'no mail is delivered here'),
      control('rcpthosts', [], 'no mail is taken by SMTP'),
      control('defaulthost', [words.domains[0] ?? lanDomains(words)[1] ?? words.me], 'users without a host are users there'),
    ],
  },
  'lan-server': {
    needs: ['lan'],
    files: (words) => [
      ...ownDomains(lanDomains(words)),
      // The clients of the LAN have hosts of their own below its domains.
      ...nowhere(
        words,
        lanDomains(words)
          .slice(1)
          .map((domain) => `.${domain}`),
      ),
      listeners(words, '0.0.0.0', 'SMTP and QMTP for the LAN'),
      lanRules(words, ':deny'),
    ],
  },
  'lan-server-intermittent': {
    needs: ['lan', 'relay'],
    files: (words) => [
      ...ownDomains(lanDomains(words)),
      relayed(
        words,
        lanDomains(words)
          .slice(1)
          .map((domain) => `.${domain}`),
      ),
      ...held(hostsOf(words)),
      listeners(words, '0.0.0.0', 'SMTP and QMTP for the LAN'),
      lanRules(words, ':allow'),
    ],
  },
  internet: {
    needs: [],
    files: (words) => [
      ...ownDomains([words.me, ...words.domains]),
      listeners(words, '0.0.0.0', 'SMTP and QMTP for everybody'),
      checked,
      perAddress,
    ],
  },
  'internet-domains': {
    needs: ['domains'],
    files: (words) => [
      control('rcpthosts', [words.me, ...words.domains], 'SMTP takes mail from outside for these domains and no others'),
      control(
        'virtualdomains',
        words.domains.map((domain) => `${domain}:${domain}`),
        'each domain is a user of its own (users/assign) with the same name',
      ),
      ...words.domains.map((domain) => ({
        path: `domains/${domain}/.qmail-postmaster`,
        text: './Maildir/\n',
        why: `an address of ${domain} is a file .qmail-NAME here; .qmail-default takes all others`,
      })),
      listeners(words, '0.0.0.0', 'SMTP and QMTP for everybody'),
      checked,
      perAddress,
    ],
  },
};

/** Lines of users/assign for the domains of a server with several. */
export function domainAssignments(words: ProfileWords, ids: string): readonly string[] {
  return words.domains.map((domain) => `+${domain}-:${domain}:${ids}:${words.home}/domains/${domain}:-::`);
}
