/** The adapter of each file of cases; a file without one counts as not run. */
import type { Adapter } from '../runner/adapter.js';
import { adapter as local } from './local.js';
import { misc } from './misc.js';
import { adapter as remote } from './remote.js';
import { smtpd } from './smtpd.js';

const all: readonly Adapter[] = [local, misc, remote, smtpd];

export const adapters: ReadonlyMap<string, Adapter> = new Map(all.map((adapter) => [adapter.file, adapter]));
