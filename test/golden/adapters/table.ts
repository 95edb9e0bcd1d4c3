/** The adapter of each file of cases; a file without one counts as not run. */
import type { Adapter } from '../runner/adapter.js';
import { adapter as inject } from './inject.js';
import { adapter as local } from './local.js';
import { misc } from './misc.js';
import { adapter as pop3 } from './pop3.js';
import { qmqpd } from './qmqpd.js';
import { qmtpd } from './qmtpd.js';
import { adapter as remote } from './remote.js';
import { send } from './send.js';
import { smtpd } from './smtpd.js';

const all: readonly Adapter[] = [inject, local, misc, pop3, qmqpd, qmtpd, remote, send, smtpd];

export const adapters: ReadonlyMap<string, Adapter> = new Map(all.map((adapter) => [adapter.file, adapter]));
