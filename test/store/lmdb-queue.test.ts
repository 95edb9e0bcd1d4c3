/**
 * The durable queue: the conformance suite. Crashes, damage and full disks have files of their own.
 */
import { makeLmdb } from './fixture.js';
import { queueConformance } from './queue-conformance.js';

queueConformance('lmdb', makeLmdb);
