/**
 * The master.cf of the private Postfix: which of its services run, and how many of each.
 * A table and its rendering, nothing else.
 */

/** Services whose sockets other users may reach (not private). */
const reachable = new Set(['smtpd', 'pickup', 'cleanup', 'qmgr', 'flush', 'showq', 'postlogd']);
/** Services that keep root's rights, because they write as other users or own the log. */
const privileged = new Set(['local', 'virtual', 'postlogd']);

interface Service {
  readonly name: string;
  readonly type?: string;
  readonly program: string;
  readonly wakeup?: string;
  /** Most processes; absent = default_process_limit. */
  readonly most?: number;
}

const services: readonly Service[] = [
  { name: 'pickup', program: 'pickup', wakeup: '60', most: 1 },
  { name: 'cleanup', program: 'cleanup', most: 0 },
  { name: 'qmgr', program: 'qmgr', wakeup: '300', most: 1 },
  { name: 'rewrite', program: 'trivial-rewrite' },
  { name: 'bounce', program: 'bounce', most: 0 },
  { name: 'defer', program: 'bounce', most: 0 },
  { name: 'trace', program: 'bounce', most: 0 },
  { name: 'flush', program: 'flush', wakeup: '1000?', most: 0 },
  { name: 'proxymap', program: 'proxymap' },
  { name: 'smtp', program: 'smtp' },
  { name: 'relay', program: 'smtp' },
  { name: 'showq', program: 'showq' },
  { name: 'error', program: 'error' },
  { name: 'retry', program: 'error' },
  { name: 'discard', program: 'discard' },
  { name: 'virtual', program: 'virtual' },
  { name: 'anvil', program: 'anvil', most: 1 },
  { name: 'scache', program: 'scache', most: 1 },
  { name: 'postlog', type: 'unix-dgram', program: 'postlogd', most: 1 },
];

export function masterTable(port: number, mostSessions: number): string {
  const listener: Service = { name: `127.0.0.1:${port}`, type: 'inet', program: 'smtpd', most: mostSessions };
  return [listener, ...services].map(line).join('');
}

function line(service: Service): string {
  const isPrivate = reachable.has(service.program) ? 'n' : 'y';
  const unprivileged = privileged.has(service.program) ? 'n' : '-';
  const columns = [
    service.name,
    service.type ?? 'unix',
    isPrivate,
    unprivileged,
    'n',
    service.wakeup ?? '-',
    service.most ?? '-',
    service.program,
  ];
  return `${columns.join(' ')}\n`;
}
