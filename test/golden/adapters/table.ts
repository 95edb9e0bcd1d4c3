/** The adapter of each file of cases; a file without one counts as not run. */
import type { Adapter } from '../runner/adapter.js';
import { adapter as local } from './local.js';

const all: readonly Adapter[] = [local as Adapter];

export const adapters: ReadonlyMap<string, Adapter> = new Map(all.map((adapter) => [adapter.file, adapter]));
