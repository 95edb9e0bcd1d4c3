/** The adapter of each file of cases; a file without one counts as not run. */
import type { Adapter } from '../runner/adapter.js';
import { adapter as inject } from './inject.js';

const all: readonly Adapter[] = [inject as Adapter];

export const adapters: ReadonlyMap<string, Adapter> = new Map(all.map((adapter) => [adapter.file, adapter]));
