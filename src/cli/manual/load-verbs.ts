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
    summary: 'takes mail, shows what came and drops it',
    options: [
      { name: 'smtp', value: 'ADDR:PORT', text: 'listens for SMTP (127.0.0.1:2526; port 0: any)' },
      { name: 'lmtp', value: 'ADDR:PORT', text: 'listens for LMTP' },
      { name: 'qmtp', value: 'ADDR:PORT', text: 'listens for QMTP' },
      { name: 'http', value: 'ADDR:PORT', text: 'page, interface, metrics; any other request gets 200' },
      { name: 'keep', value: 'MIB', text: 'newest messages that can be looked at (32 with --http, else 0)' },
      { name: 'threads', value: 'N', text: 'so many processes take mail (1)' },
      { name: 'ready-file', value: 'FILE', text: 'gets the pid and the listeners when all are open' },
      ledger('i|x'),
      { name: 'resume', text: 'goes on with that file instead of emptying it' },
      { name: 'late', value: 'MS', text: 'milliseconds after which a marked message is late (60000)' },
      {
        name: 'rules',
        value: 'FILE',
        text: 'trouble for senders: a file of rules (docs/sink.md), or one of clean, flaky, greylist, ratelimit, tarpit, drop-after-dot, disk-full',
      },
      { name: 'no-magic', text: 'does not obey recipients as 450-x@, slow-3s-x@, drop-x@' },
    ],
    about: ['For tests: what it accepts is gone. On TERM or INT it prints one JSON object with what came.'],
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
      { name: 'rate', value: 'R', text: 'messages a second, all together: an open loop, latency from each planned moment' },
      { name: 'ramp', value: 'S', text: 'seconds until the rate (without one: the number of connections) is at its height' },
      { name: 'rcpts', value: 'N', text: 'recipients a message (1)' },
      { name: 'per-session', value: 'N', text: 'messages a connection (0: no limit)' },
      { name: 'from', value: 'ADDRESS', text: 'sender' },
      { name: 'rcpt', value: 'ADDRESS', text: 'recipient; # stands for its number' },
      { name: 'domains', value: 'MIX', text: 'domains of the recipients by weight: a.test:90,b.test:10' },
      { name: 'replay', value: 'FILE', text: 'sends the messages of an mbox file or a Maildir in turn' },
      { name: 'pipelining', value: 'N', choices: ['0', '1'], text: 'uses it where offered (1)' },
      { name: 'threads', value: 'N', text: 'threads that share the connections (1)' },
      { name: 'timeout', value: 'S', text: 'seconds without an answer (60)' },
      { name: 'deadline', value: 'S', text: 'seconds until all is cut off (0: never)' },
      ledger('a|r'),
      { name: 'tls', text: 'TLS from the first octet' },
      { name: 'helo', value: 'NAME', text: 'name given with EHLO' },
      { name: 'quiet', text: 'no line of progress on a terminal' },
    ],
    about: ['Every message carries a mark, so that the sink can account for it. Prints one JSON object.'],
    exits: [[0, 'all accepted'], [1, 'some refused'], misused, [111, 'cannot send']],
  },
  {
    name: 'bench',
    group: 'log and load',
    operand: 'SCENARIO',
    summary: 'measures the server, and others beside it',
    options: [
      {
        name: 'peer',
        value: 'A,B',
        text: 'compares with: postfix, opensmtpd, haraka, notqmail, smtp-server, smtp-sink, smtp-source',
      },
      {
        name: 'target',
        value: 'ADDR:PORT',
        text: 'compares with any server that listens there; where it relays, it must hand mail to --sink-port',
      },
      { name: 'sink-port', value: 'PORT', text: 'where the sink listens for --target' },
      {
        name: 'rules',
        value: 'FILE',
        text: "trouble that the sink makes, as tqmail sink --rules; copies that it provokes are told from the server's own (relay, fanout)",
      },
      { name: 'n', value: 'N', text: 'messages a run' },
      { name: 'sessions', value: 'N', text: 'connections at a time' },
      { name: 'size', value: 'BYTES', text: 'octets of body' },
      { name: 'keep', value: 'N', choices: ['0', '1'], text: '1: several messages a connection' },
      { name: 'rcpts', value: 'N', text: 'recipients a message' },
      { name: 'group', value: 'N', text: 'recipients an outgoing transaction, 0: own default' },
      { name: 'runs', value: 'R', text: 'runs a candidate' },
      { name: 'timeout', value: 'S', text: 'seconds until a run is given up' },
      {
        name: 'load',
        value: 'NAME',
        choices: ['tqmail', 'postfix'],
        text: 'who makes the load: source and sink, or smtp-source and smtp-sink',
      },
      { name: 'json', value: 'FILE', text: 'writes the figures' },
      { name: 'report', value: 'FILE', text: 'writes a page with tables and charts' },
      { name: 'ledger', text: 'appends the medians to bench/ledger.jsonl' },
    ],
    about: [
      'SCENARIO: relay, accept, fanout, local, backlog, latency, drain, storm, slow-domain, bounce-flood, sink, source.',
      'launchers: how fast commands start (--runs, --json, --ledger alone). pop3: logins and messages a second (--peer dovecot). compare A.json B.json: what changed between two results of the same scenario. page FILE.json FILE.html: the report of a result that was kept.',
      'The same work through each candidate, in turn; medians and ratios of these runs. In a clone: npm run bench -- SCENARIO.',
    ],
    exits: [[0, 'every run counts'], [1, 'a run does not count, and is named'], misused, [130, 'interrupted']],
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
