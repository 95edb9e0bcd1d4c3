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
      { name: 'size', value: 'SIZE', text: 'octets of body (4096), or a mix by weight: 4k:80,64k:15,1m:5' },
      { name: 'sessions', value: 'N', text: 'connections at a time (10)' },
      { name: 'rate', value: 'R', text: 'messages a second, all together: an open loop (as fast as it goes)' },
      { name: 'ramp', value: 'S', text: 'seconds until the rate, without one the number of connections, is at its height (0)' },
      { name: 'rcpts', value: 'N', text: 'recipients a message (1)' },
      { name: 'per-session', value: 'N', text: 'messages a connection (no limit)' },
      { name: 'from', value: 'ADDRESS', text: 'sender' },
      { name: 'rcpt', value: 'ADDRESS', text: 'recipient; # stands for its number' },
      { name: 'domains', value: 'MIX', text: 'domains of the recipients by weight: a.test:90,b.test:10' },
      { name: 'replay', value: 'FILE|DIR', text: 'sends the messages of an mbox file or a Maildir in turn' },
      { name: 'pipelining', value: '0|1', choices: ['0', '1'], text: '0: one command, one reply, whatever is offered (1)' },
      { name: 'threads', value: 'N', text: 'threads that share the connections (1)' },
      ledger('a|r'),
      { name: 'tls', text: 'TLS from the first octet' },
      { name: 'timeout', value: 'S', text: 'seconds without an answer (60)' },
      { name: 'deadline', value: 'S', text: 'seconds until everything is cut off (0: never)' },
      { name: 'helo', value: 'NAME', text: 'name given with EHLO' },
      { name: 'quiet', text: 'no line of progress on a terminal' },
    ],
    about: [
      'Every message carries a mark, so that the sink can account for it. Prints one JSON object.',
      'With a rate, latency counts from the planned moment of each message, so that a server that stalls is not spared.',
    ],
    exits: [[0, 'all accepted'], [1, 'some refused'], misused, [111, 'cannot send']],
  },
  {
    name: 'bench',
    group: 'log and load',
    operand: 'SCENARIO',
    summary: 'measures this server next to others on this machine',
    options: [
      { name: 'peer', value: 'A,B', text: 'postfix, opensmtpd, haraka, notqmail, smtp-server, smtp-sink, smtp-source' },
      { name: 'target', value: 'ADDR:PORT', text: 'any server that listens there, as one more' },
      { name: 'sink-port', value: 'N', text: 'port of the next hop, for a target that hands mail to a fixed one' },
      { name: 'n', value: 'N', text: 'messages a run' },
      { name: 'sessions', value: 'N', text: 'connections at a time' },
      { name: 'size', value: 'BYTES', text: 'octets of body' },
      { name: 'keep', value: '0|1', choices: ['0', '1'], text: '1: several messages a connection' },
      { name: 'rcpts', value: 'N', text: 'recipients a message' },
      { name: 'group', value: 'N', text: "recipients an outgoing transaction; 0: each server's own default" },
      { name: 'runs', value: 'R', text: 'runs a candidate, in turn' },
      { name: 'timeout', value: 'S', text: 'seconds until a run is given up' },
      {
        name: 'load',
        value: 'NAME',
        choices: ['tqmail', 'postfix'],
        text: 'who sends and takes: ours, or smtp-source and smtp-sink',
      },
      { name: 'json', value: 'FILE', text: 'gets the figures' },
      { name: 'report', value: 'FILE', text: 'gets a page with tables and charts' },
    ],
    about: [
      'SCENARIO: relay, accept, fanout, local, backlog, latency, drain, storm, slow-domain, bounce-flood, sink, source, launchers.',
      'bench compare A.json B.json says what changed between two results; bench page A.json A.html makes the page of one.',
    ],
    exits: [
      [0, 'every run was sound'],
      [1, 'mail was lost, doubled or altered, or a server failed'],
      misused,
      [130, 'interrupted'],
    ],
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
