/** All targets, in the order of the print. */
import type { Target } from '../target.js';
import { logLines, reportLines } from './log.js';
import { qmqp, qmtp } from './packages.js';
import { envelope, lspawndFrames, queueFiles, queueSocketFrames, spawnJobs } from './records.js';
import { assign, cdb, control, dotqmail, rules, words } from './settings.js';
import { smtpClient } from './smtp-client.js';
import { smtpServer } from './smtp-server.js';
import { address, header, mbox, tokens, wire } from './text.js';

export const targets: readonly Target[] = [
  smtpServer,
  smtpClient,
  qmtp,
  qmqp,
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
  control,
  rules,
  assign,
  cdb,
  dotqmail,
  words,
  logLines,
  reportLines,
];
