/**
 * Only some deliveries and messages of a log: those of a sender, a recipient or a qmail-queue process, as qmailanalog's
 * xsender, xrecipient and xqp choose them (spec companions.md §9).
 */
import type { Delivery, MatchupSink, Message } from './matchup.js';

/** What is wanted; addresses in small letters. */
export interface Choice {
  /** Envelope sender; '' is the null sender. */
  readonly sender?: string;
  /** With its channel (`remote.a@b`) or without. Whole messages have several and are then left out. */
  readonly recipient?: string;
  readonly qp?: number;
}

/** Passes what is wanted on to `sink`. */
export function chosen(choice: Choice, sink: MatchupSink): MatchupSink {
  const { sender, recipient, qp } = choice;
  const fits = (one: Delivery | Message): boolean =>
    (sender === undefined || one.sender === sender) && (qp === undefined || one.qp === qp);
  return {
    delivery(one) {
      if (!fits(one) || (sender !== undefined && !one.known)) return;
      if (recipient === undefined || one.recipient === recipient || `${one.channel}.${one.recipient}` === recipient) {
        sink.delivery(one);
      }
    },
    message(one) {
      if (recipient === undefined && fits(one)) sink.message(one);
    },
  };
}
