/**
 * Rows of the verbs that make a home and start, ask and stop its server.
 */
import { homeOption, misused, type Verb } from './verb.js';

const profileNames = [
  'isolated',
  'intermittent',
  'providers',
  'lan-client',
  'lan-null',
  'lan-server',
  'lan-server-intermittent',
  'internet',
  'internet-domains',
] as const;
const readyFile = {
  name: 'ready-file',
  value: 'FILE',
  text: 'written when every listener is open: {"pid":N,"listeners":[...]}, one JSON object',
} as const;
const listen = {
  name: 'listen',
  value: 'BASE',
  text: 'number from 0 to 60000 that is added to the usual port of each service (2500: SMTP on 2525)',
} as const;
const cannot = [111, 'cannot; the reason is on standard error'] as const;

/** A verb that tells a running server something. */
const told = (name: string, summary: string, about: string, already?: string): Verb => ({
  name,
  group: 'server',
  summary,
  options: [homeOption],
  about: [about],
  exits: [[0, 'done'], ...(already === undefined ? [] : [[1, already] as const]), misused, cannot],
});

const status = (name: string): Verb => ({
  name,
  group: 'server',
  summary: name === 'stat' ? 'the same as status' : 'says how the server is',
  options: [homeOption, { name: 'json', text: 'one JSON object on one line' }],
  about: ['Processes, listeners, sessions, queue, deliveries and what is held. Only root and the owner of the queue may ask.'],
  exits: [[0, 'it runs'], [3, 'it does not run'], misused, cannot],
});

export const serverVerbs: readonly Verb[] = [
  {
    name: 'init',
    group: 'home',
    operand: 'DIR',
    summary: 'makes a home',
    options: [
      { name: 'me', value: 'FQDN', needed: true, text: 'full name of this host' },
      { name: 'yes', text: 'does not ask before it begins' },
      listen,
      {
        name: 'profile',
        value: 'NAME',
        choices: profileNames,
        text: 'the set-up that the home is for: docs/profiles.md describes each',
      },
      { name: 'relay', value: 'HOST', text: 'with a profile: the next server, host, host:port or [address]:port' },
      { name: 'route', value: 'DOMAIN:HOST', text: 'with a profile: another server for one domain; may be repeated' },
      { name: 'lan', value: 'PREFIX', text: 'with a profile: how addresses of the LAN begin, 192.168.1.; may be repeated' },
      { name: 'domain', value: 'NAME', text: 'with a profile: a further domain; may be repeated' },
    ],
    about: [
      'Writes the control files that most hosts need, the three aliases and listeners on loopback, and says what it wrote and why. What is there already stays as it is.',
    ],
    exits: [[0, 'made something'], [1, 'nothing was missing, or the answer was no'], misused, cannot],
  },
  {
    name: 'passwd',
    group: 'home',
    operand: 'USER',
    summary: 'sets the password of a POP3 mailbox',
    options: [
      { name: 'uid', value: 'N', text: 'whose the mailbox is; with --gid and --maildir-home' },
      { name: 'gid', value: 'N', text: 'its group' },
      { name: 'maildir-home', value: 'DIR', text: 'absolute; the mailbox is DIR/Maildir' },
      { name: 'apop', text: 'keeps the password as it is too, in users/apop, so that APOP works for USER' },
      { name: 'delete', text: 'removes USER' },
      homeOption,
    ],
    about: [
      'The password is asked for twice at a terminal, else it is one line of standard input. It is kept as a scrypt hash in users/poppasswd, which counts from the next login on.',
      'users/apop has passwords that whoever reads it can use; it counts only while its owner alone can read it. Without --apop USER is taken out of it.',
      'A USER who is not in that file is an account of the system, or the three options say whose the mailbox is.',
    ],
    exits: [[0, 'done'], [1, 'there is no such USER to remove, or Ctrl-C'], misused, cannot],
  },
  {
    name: 'demo',
    group: 'home',
    summary: 'starts a demo home, made when there is none',
    options: [{ ...homeOption, text: 'the demo home, default ./home' }, readyFile, listen],
    about: [
      'This is what npm start runs: loopback only, no root needed. Hints go to standard error, the log to standard output.',
    ],
    exits: [[0, 'clean stop'], misused, [111, 'cannot start; the reason is on standard error']],
  },
  {
    name: 'start',
    group: 'server',
    summary: 'runs the server in the foreground, log on standard output',
    options: [
      homeOption,
      readyFile,
      { name: 'user', value: 'NAME', text: 'account to run as when root starts it; else the owner of queue/, qmailq, nobody' },
    ],
    about: [
      'TERM and INT stop it: sessions and deliveries get 30 seconds, then they are put off. HUP rereads control/, ALRM makes every message due. KILL at any moment loses no accepted message.',
      'With $NOTIFY_SOCKET and $WATCHDOG_USEC it tells systemd, by systemd-notify, that it is ready, stops, and lives (docs/service.md).',
    ],
    exits: [[0, 'clean stop'], misused, [111, 'cannot start; the reason is on standard error']],
  },
  told('stop', 'ends the server', 'Returns when the server has left its home, at most 40 seconds later.', 'was not running'),
  told(
    'restart',
    'starts its node anew',
    'The sockets stay open: clients wait, none is refused. Returns when the new node answers.',
  ),
  status('status'),
  status('stat'),
  {
    name: 'metrics',
    group: 'server',
    summary: 'prints the figures of the server for Prometheus',
    options: [
      homeOption,
      {
        name: 'http',
        value: 'ADDR:PORT',
        text: 'in place of that answers GET /metrics and /healthz, until TERM or INT; port 0: any',
      },
    ],
    about: [
      'Only root and the owner of the queue may ask the server; whoever reaches ADDR:PORT may read the figures. /healthz says 200 while mail is taken, else 503 and why not.',
    ],
    exits: [[0, 'done'], [3, 'it does not run'], misused, cannot],
  },
  told(
    'pause',
    'stops accepting and delivering',
    'Connections wait unread; what is under way ends as usual. status still answers.',
    'is paused already',
  ),
  told('cont', 'goes on after pause', 'Accepts and delivers again.', 'was not paused'),
  told(
    'reload',
    'rereads control/, all of it or none',
    'When a file is bad all old settings stay, and the log says which file and line. Open sessions keep their settings.',
  ),
  told('doqueue', 'makes every queued message due now', 'Each waiting message is tried at once, and as usual afterwards.'),
];
