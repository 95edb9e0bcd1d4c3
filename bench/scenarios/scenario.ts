/**
 * Which code runs which scenario.
 * A table, nothing else.
 */
import type { RunRow } from '../result.js';
import { throughput } from './throughput.js';
import type { Trial } from './trial.js';

export function runScenario(trial: Trial): Promise<RunRow> {
  return throughput(trial);
}
