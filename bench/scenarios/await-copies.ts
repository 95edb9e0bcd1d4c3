/**
 * A next hop that makes trouble: what it refused or did not answer is to be tried again, and what it took without an
 * answer comes once more. Waits for those copies, so that they can be counted exactly.
 */
import type { Arrivals } from '../arrivals.js';
import { nowUs, type Sent } from '../load/load.js';
import type { RunningPeer } from '../peers/peer.js';
import { pause } from '../process/children.js';
import type { Trial } from './trial.js';

/** A server that can be told is told to try again this often (milliseconds). */
const retryMs = 1_000;
const pollMs = 100;

export interface Troubled {
  readonly arrivals: Arrivals | undefined;
  readonly unanswered?: () => Promise<number>;
}

/** Answers what ends it. */
export function retryNowAndThen({ retry }: RunningPeer): () => Promise<void> {
  let trying: Promise<void> | undefined;
  // A server on its way out cannot be told; the run's end says what is missing.
  const begin = (): void => {
    trying ??= retry?.()
      .catch(() => undefined)
      .finally(() => {
        trying = undefined;
      });
  };
  const timer = setInterval(begin, retryMs);
  return async () => {
    clearInterval(timer);
    await trying;
  };
}

/** Resolves to the deliveries taken without an answer, once as many came again, or at the deadline. */
export async function awaitCopies(
  { options, progress }: Trial,
  stage: Troubled,
  { sent }: { sent: Sent },
): Promise<number | undefined> {
  if (stage.unanswered === undefined || stage.arrivals === undefined) return undefined;
  for (const deadlineUs = nowUs() + options.timeout * 1e6; ; await pause(pollMs)) {
    // Asked before the arrivals are counted: a copy that comes in between may itself get no answer.
    const provoked = await stage.unanswered();
    const copies = stage.arrivals.count() - sent.accepted;
    progress(`${copies} of ${provoked} came again`);
    if (copies >= provoked && (await stage.unanswered()) === provoked) return provoked;
    if (nowUs() > deadlineUs) return provoked;
  }
}
