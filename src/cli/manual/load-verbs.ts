/**
 * Rows of the verbs that read the log, make load, and help.
 */
import { misused, type Verb } from './verb.js';

const ledger = (mark: string) =>
  ({
    name: 'ledger',
    value: 'FILE',
    text: `gets a line for each message and recipient: run number recipient ${mark} microseconds`,
  }) as const;

export const loadVerbs: readonly Verb[] = [
  {
    name: 'report',
    group: 'log and load',
    operand: '[FILE...]',
    summary: 'figures of the activity log',
    options: [
      {
        name: 'part',
        value: 'A,B',
        text: 'only these: overall, hosts, senders, recipients, uids, delays, slowest, failures, deferrals',
      },
      { name: 'top', value: 'N', text: 'rows of a table, 1 to 10000 (20)' },
      { name: 'matchup', text: 'a line a delivery (d) and a message (m), as matchup of qmailanalog writes them' },
    ],
    about: [
      "FILE is an activity log (qmail's text with or without TAI64N labels, syslog, or JSON), oldest first; none: standard input.",
    ],
    exits: [[0, 'done'], misused, [111, 'a file cannot be read']],
  },
  {
    name: 'sink',
    group: 'log and load',
    summary: 'takes mail and drops it',
    options: [
      { name: 'smtp', value: 'ADDR:PORT', text: 'listens for SMTP (127.0.0.1:2526; port 0: any)' },
      { name: 'http', value: 'ADDR:PORT', text: 'answers any HTTP request with 200' },
      { name: 'ready-file', value: 'FILE', text: 'gets the pid and the listeners when all are open' },
      ledger('i|x'),
      { name: 'rules', value: 'FILE', text: 'refusals: lines "mail|rcpt|data|end[/n] pattern 4xx|5xx|drop text"' },
    ],
    about: ['For load tests: what it accepts is gone. On TERM or INT it prints one JSON object with what came.'],
    exits: [[0, 'after TERM or INT'], misused, [111, 'cannot start']],
  },
  {
    name: 'source',
    group: 'log and load',
    summary: 'makes load',
    options: [
      { name: 'to', value: 'ADDR:PORT', needed: true, text: 'the SMTP server' },
      { name: 'messages', value: 'N', text: 'how many (1000)' },
      { name: 'size', value: 'BYTES', text: 'octets of body (4096)' },
      { name: 'sessions', value: 'N', text: 'connections at a time (10)' },
      { name: 'rate', value: 'R', text: 'messages a second, all together (as fast as it goes)' },
      { name: 'rcpts', value: 'N', text: 'recipients a message (1)' },
      { name: 'per-session', value: 'N', text: 'messages a connection (no limit)' },
      { name: 'from', value: 'ADDRESS', text: 'sender' },
      { name: 'rcpt', value: 'ADDRESS', text: 'recipient; # stands for its number' },
      ledger('a|r'),
      { name: 'tls', text: 'TLS from the first octet' },
      { name: 'timeout', value: 'S', text: 'seconds without an answer (300)' },
      { name: 'helo', value: 'NAME', text: 'name given with EHLO' },
    ],
    about: ['Every message carries a mark, so that the sink can account for it. Prints one JSON object.'],
    exits: [[0, 'all accepted'], [1, 'some refused'], misused, [111, 'cannot send']],
  },
  {
    name: 'completion',
    group: 'help',
    operand: 'SHELL',
    summary: 'prints what completes these words in a shell: bash, zsh, fish',
    options: [],
    about: [
      'bash: source <(tqmail completion bash). zsh: tqmail completion zsh > a folder of $fpath, as _tqmail. fish: tqmail completion fish > ~/.config/fish/completions/tqmail.fish.',
    ],
    exits: [[0, 'done'], misused],
  },
  {
    name: 'help',
    group: 'help',
    operand: '[VERB]',
    summary: 'says what there is; or all about one verb, as tqmail VERB --help does',
    options: [],
    about: [],
    exits: [
      [0, 'done'],
      [1, 'there is no such verb'],
    ],
  },
];
