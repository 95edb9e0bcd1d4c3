/**
 * The durable queue: the conformance suite. Crashes, damage and full disks have files of their own.
 */
import { test } from 'node:test';
import { makeLmdb } from './fixture.js';
import { queueConformance } from './queue-conformance.js';

for (const { title, run } of queueConformance('lmdb', makeLmdb)) test(title, run);
