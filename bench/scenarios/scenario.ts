/**
 * Which code runs which scenario.
 * A table, nothing else.
 */
import type { Scenario } from '../options.js';
import type { RunRow } from '../result.js';
import { backlog } from './backlog.js';
import { bounceFlood } from './bounce-flood.js';
import { drain } from './drain.js';
import { idleCrowd } from './idle-crowd.js';
import { besideSlowDomain } from './slow-domain.js';
import { sourceSpeed } from './source-speed.js';
import { storm } from './storm.js';
import { throughput } from './throughput.js';
import type { Trial } from './trial.js';

/** Scenarios that are not here push a number of messages through: throughput. */
const special: Partial<Record<Scenario, (trial: Trial) => Promise<RunRow>>> = {
  backlog,
  drain,
  storm,
  'slow-domain': besideSlowDomain,
  'bounce-flood': bounceFlood,
  source: sourceSpeed,
  'idle-crowd': idleCrowd,
};

export function runScenario(trial: Trial): Promise<RunRow> {
  return (special[trial.options.scenario] ?? throughput)(trial);
}
