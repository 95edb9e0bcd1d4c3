/**
 * qmail-queue's way into the store itself, while no node runs.
 */
import { Intake, type Verdict } from '../../actors/inject/intake.js';
import type { Submission, Submitted } from '../../actors/messages.js';
import { newMessage } from '../../actors/queue/new-message.js';
import { createBodyFile, spillLimit } from '../../store/body-file.js';
import { type QueueStore, StoreError } from '../../store/queue-store.js';
import type { Destination } from './destination.js';

export function storeDestination(store: QueueStore, folder: string, uid: number): Destination {
  const now = Math.floor(Date.now() / 1000);
  const intake = new Intake({ uid, qp: process.pid, now, spillLimit, createBodyFile: () => createBodyFile(folder) });
  const submit = async (submission: Submission): Promise<Submitted> => {
    try {
      return { tag: 'accepted', id: await store.accept(newMessage(submission, now)) };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return { tag: 'refused', why: error.trouble.why === 'full' ? 'full' : 'storage', text: error.message };
    }
  };
  return {
    message: (chunk) => intake.message(chunk),
    envelope: async (chunk) => intake.envelope(chunk),
    early: (): Verdict | undefined => intake.failure,
    commit: () => intake.commit(submit),
    abandon: () => intake.discard(),
  };
}
