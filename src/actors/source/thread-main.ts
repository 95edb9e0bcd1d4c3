/**
 * Entry of a sending thread: makes its lane, says that it is ready, sends when it is told the begin, posts the result.
 * Started by threads.ts alone.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type LaneOrder, makeLane } from './lane.js';
import type { Counts, LaneResult } from './tally.js';

export type LaneNews =
  | { readonly tag: 'ready' }
  | { readonly tag: 'counts'; readonly counts: Counts }
  | { readonly tag: 'result'; readonly result: LaneResult };

const progressMs = 500;

const lane = makeLane(workerData as LaneOrder);
const post = (news: LaneNews): void => parentPort?.postMessage(news);

/** When to begin, or that this is the end. */
export type LaneWord = number | 'interrupt';

parentPort?.on('message', (word: LaneWord) => (word === 'interrupt' ? lane.interrupt() : send(word)));
post({ tag: 'ready' });

function send(beginUs: number): void {
  const timer = setInterval(() => post({ tag: 'counts', counts: lane.counts() }), progressMs);
  lane.run(beginUs).then((result) => {
    clearInterval(timer);
    post({ tag: 'result', result });
  });
}
