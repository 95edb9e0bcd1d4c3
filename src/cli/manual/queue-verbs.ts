/**
 * Rows of the verbs that look after queue and tables of a home.
 */
import { homeOption, misused, type Verb, type VerbOption } from './verb.js';

const cannot = [111, 'cannot; the reason is on standard error'] as const;

const choiceOptions: readonly VerbOption[] = [
  { name: 'id', value: 'N,...', text: 'messages with these numbers' },
  {
    name: 'from',
    value: 'PATTERN',
    text: 'with such a sender: an address in which * stands for any text; @host is *@host, <> the null sender',
  },
  { name: 'to', value: 'PATTERN', text: 'with such a recipient that is not done' },
  { name: 'older', value: 'TIME', text: 'at least so long in the queue: 90 (seconds), 30m, 12h, 7d' },
];
const ordered: Verb['exits'] = [
  [0, 'done'],
  [1, 'some stay as they are: a delivery is under way, or others are among the recipients'],
  misused,
  cannot,
];
const together =
  'All options that are given must hold. The server must run; tqmail queue with the same options shows what is meant.';

/** What can be ordered for single messages. */
const orderVerbs: readonly Verb[] = [
  {
    name: 'remove',
    group: 'queue',
    summary: 'removes messages without a bounce',
    options: [homeOption, ...choiceOptions],
    about: [
      together,
      'With --to only messages that nobody else is left to get. Nobody is told, not even of recipients that failed before.',
    ],
    exits: ordered,
  },
  {
    name: 'bounce',
    group: 'queue',
    summary: 'gives messages up: their senders get a bounce now',
    options: [homeOption, ...choiceOptions],
    about: [together, 'With --to only messages that nobody else is left to get.'],
    exits: ordered,
  },
  {
    name: 'hold',
    group: 'queue',
    summary: 'keeps messages in the queue untried',
    options: [homeOption, ...choiceOptions],
    about: [
      together,
      'Until tqmail retry, flush or doqueue has them tried again. A held message grows older; past control/queuelifetime it has one try left then. control/holdremote holds what is still to come.',
    ],
    exits: ordered,
  },
  {
    name: 'retry',
    group: 'queue',
    summary: 'makes messages due now, held or not',
    options: [homeOption, ...choiceOptions],
    about: [together, 'tqmail flush HOST does it for a host, and forgets that it did not answer; doqueue for all.'],
    exits: ordered,
  },
];

export const queueVerbs: readonly Verb[] = [
  {
    name: 'cdb',
    group: 'home',
    summary: 'compiles users/assign, control/morercpthosts, access rules and recipients',
    options: [homeOption],
    about: [
      'Makes users/cdb, control/morercpthosts.cdb, and FILE.cdb of FILE where rules= of a listener or control/recipients name one, if their sources exist. A faulty source leaves its old table in use.',
    ],
    exits: [[0, 'all are made'], misused, [111, 'a source is faulty: file and line are on standard error']],
  },
  {
    name: 'queue',
    group: 'queue',
    summary: 'lists what is queued',
    options: [
      homeOption,
      ...choiceOptions,
      {
        name: 'by',
        value: 'KEY',
        choices: ['host', 'sender'],
        text: 'a line for each host, or each sender, in place of messages',
      },
      { name: 'json', text: 'a message a line, as a JSON object' },
      { name: 'export', value: 'FORM', choices: ['qmail'], text: "each message as a line of qmail's queue files" },
    ],
    about: [
      "Counts as qmail-qstat's, then messages as qmail-qread's; of one with more than 100 recipients the first that are not done. Asks the running server, or reads the queue of a stopped one.",
      'Why a message is still here: its last deferral is in the log, and tqmail report --part deferrals counts the reasons.',
    ],
    exits: [[0, 'done'], misused, cannot],
  },
  {
    name: 'flush',
    group: 'queue',
    operand: 'HOST|DOMAIN...',
    summary: 'makes the mail for these due now, held or not',
    options: [homeOption],
    about: [
      'A name is a domain, .domain for all below one, a relay host of smtproutes or qmtproutes, or *. Lifts the hold of control/holdremote for 15 minutes and forgets which hosts did not answer. Says how many messages became due.',
    ],
    exits: [[0, 'done, or going on in the background'], misused, cannot],
  },
  ...orderVerbs,
  {
    name: 'check',
    group: 'home',
    summary: 'looks for what is wrong',
    options: [
      homeOption,
      { name: 'queue', text: 'reads every record and body of the queue too; the server must be stopped' },
      { name: 'repair', text: 'as --queue, and puts right what no message can suffer from' },
    ],
    about: [
      'Files, owners and modes, settings, listeners, name servers, disk space, time of a flush. A line each: ok, WARN, or FAULT with what to do. Changes nothing without --repair.',
    ],
    exits: [[0, 'nothing is wrong'], [1, 'at least one FAULT'], misused, [111, 'it cannot be checked']],
  },
  {
    name: 'rescue',
    group: 'queue',
    operand: 'DIR',
    summary: 'saves the sound messages of a stopped queue as files in a new folder',
    options: [homeOption],
    about: ['Two files a message, as qmail-queue takes them: qmail-queue 0<ID.mess 1<ID.envelope. The queue stays as it is.'],
    exits: [[0, 'every message is saved'], [1, 'something is damaged, and named'], misused, cannot],
  },
  {
    name: 'compact',
    group: 'queue',
    summary: 'makes the data file of a stopped queue as small as it can be',
    options: [homeOption],
    about: [],
    exits: [[0, 'done'], misused, cannot],
  },
  {
    name: 'import-queue',
    group: 'queue',
    operand: '[DIR]',
    summary: 'takes over what a stopped qmail has queued',
    options: [homeOption, { name: 'forget', text: 'in place of DIR: forgets what was imported, once the old queue is gone' }],
    about: [
      'DIR is the queue folder of a qmail that is stopped, as /var/qmail/queue; it is only read. The server of the home must be stopped too. Run again, it imports only what was not imported before.',
    ],
    exits: [[0, 'all is here'], [1, 'a message cannot be read, and is named'], misused, cannot],
  },
];
