/**
 * What config-fast writes into control/ for a host name, and why (spec admin.md §9; contract §4). Pure text.
 */

export interface PlannedFile {
  /** Below the home. */
  readonly path: string;
  readonly text: string;
  readonly why: string;
}

/** Services that `init` opens on loopback, each at BASE plus its usual port. Grows as services are built. */
const services: readonly { readonly protocol: string; readonly port: number; readonly rules: string }[] = [
  { protocol: 'smtp', port: 25, rules: 'control/tcp.smtp' },
  { protocol: 'pop3', port: 110, rules: 'control/tcp.pop3' },
  { protocol: 'qmtp', port: 209, rules: 'control/tcp.smtp' },
  { protocol: 'qmqp', port: 628, rules: 'control/tcp.qmqp' },
];

/** Access rules, in tcprules' words (spec companions.md §1.2). */
const qmqpRules = `# Who may connect to the QMQP port: each of them may send mail anywhere, so name your own machines alone.
127.:allow
::1:allow
:deny
`;
const pop3Rules = `# Who may read mail here. Passwords go over the network as they are: let in this host and networks that you trust alone.
127.:allow
::1:allow
:deny
`;
export const smtpRules = `# address:allow or address:deny, then ,VAR="value"; the first of exact address, 1.2.3., 1.2., 1., nothing counts.
# RELAYCLIENT="" lets a client send mail anywhere; others reach control/rcpthosts only. Read again when it changes.
127.:allow,RELAYCLIENT=""
::1:allow,RELAYCLIENT=""
:allow
`;

function defaultDomain(fqdn: string): string {
  const labels = fqdn.split('.');
  return labels.length >= 3 ? labels.slice(1).join('.') : fqdn;
}

function plusDomain(fqdn: string): string {
  return fqdn.split('.').slice(-2).join('.');
}

/** Undefined when it can be a host name, else what is wrong with it. */
export function wrongFqdn(fqdn: string): string | undefined {
  if (!fqdn.includes('.')) return `${fqdn} has no dot; give the full name of this host, such as mail.example.org`;
  if (fqdn.length > 253) return 'a host name has at most 253 characters';
  const label = fqdn.split('.').find((part) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(part));
  return label === undefined ? undefined : `"${label}" cannot be a part of a host name`;
}

/** The control files for `me`, listeners from port `base` on. `extra` are further local domains. */
export function plannedControl(me: string, base: number, extra: readonly string[] = []): readonly PlannedFile[] {
  const domains = [me, ...extra].map((domain) => `${domain}\n`).join('');
  const lines = services.map(({ protocol, port, rules }) => `${protocol} 127.0.0.1:${base + port} rules=${rules}\n`).join('');
  return [
    { path: 'control/me', text: `${me}\n`, why: "this host's name; the default for most other files" },
    { path: 'control/defaultdomain', text: `${defaultDomain(me)}\n`, why: 'appended to host names without a dot' },
    { path: 'control/plusdomain', text: `${plusDomain(me)}\n`, why: 'appended to host names that end in +' },
    { path: 'control/locals', text: domains, why: 'mail for these domains is delivered here' },
    { path: 'control/rcpthosts', text: domains, why: 'SMTP takes mail from outside for these domains and no others' },
    { path: 'control/tcp.pop3', text: pop3Rules, why: 'which machines may fetch mail by POP3: this host alone' },
    { path: 'control/tcp.qmqp', text: qmqpRules, why: 'which machines may hand over mail by QMQP: this host alone' },
    {
      path: 'control/tcp.smtp',
      text: smtpRules,
      why: 'programs on this host may send mail anywhere; who else may connect, or relay',
    },
    { path: 'control/listeners', text: lines, why: 'where the server listens: loopback only; edit it to serve others' },
  ];
}
