/** All targets, in the order of the print. */
import type { Target } from '../target.js';
import { cdbFiles, compiledRules } from './access.js';
import { checker, popPasswd, usersList } from './accounts.js';
import { aliases, forwards } from './aliases.js';
import { listeners, lists, replay, showctl } from './files.js';
import { local, mime } from './local.js';
import { logLines, reportLines } from './log.js';
import { qmqp, qmtp } from './packages.js';
import { pop3, pop3Message } from './pop3.js';
import { envelope, lspawndFrames, queueFiles, queueSocketFrames, spawnJobs } from './records.js';
import { report, tally } from './report.js';
import { assign, cdb, control, dotqmail, rules, words } from './settings.js';
import { ledger, sinkRules } from './sink.js';
import { smtpClient } from './smtp-client.js';
import { smtpServer } from './smtp-server.js';
import { address, header, mbox, tokens, wire } from './text.js';

export const targets: readonly Target[] = [
  smtpServer,
  smtpClient,
  qmtp,
  qmqp,
  pop3,
  pop3Message,
  checker,
  popPasswd,
  envelope,
  spawnJobs,
  queueFiles,
  lspawndFrames,
  queueSocketFrames,
  address,
  header,
  tokens,
  wire,
  mbox,
  mime,
  local,
  control,
  rules,
  compiledRules,
  assign,
  usersList,
  cdb,
  cdbFiles,
  dotqmail,
  aliases,
  forwards,
  listeners,
  lists,
  showctl,
  words,
  logLines,
  reportLines,
  report,
  tally,
  sinkRules,
  ledger,
  replay,
];
