/**
 * Which code runs which scenario.
 * A table, nothing else.
 */
import type { RunRow } from '../result.js';
import { backlog } from './backlog.js';
import { drain } from './drain.js';
import { throughput } from './throughput.js';
import type { Trial } from './trial.js';

export function runScenario(trial: Trial): Promise<RunRow> {
  const { scenario } = trial.options;
  if (scenario === 'backlog') return backlog(trial);
  return scenario === 'drain' ? drain(trial) : throughput(trial);
}
