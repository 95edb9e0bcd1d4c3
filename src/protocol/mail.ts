/**
 * The values that every layer speaks of: addresses, envelopes, bodies, outcomes.
 * Pure data, no behaviour; nothing here may hold a class instance, so that every
 * value survives a structured clone between threads.
 */

/** Text whose UTF-16 units are octets (latin1), so that 8-bit mail passes unchanged. */
export type ByteString = string;

/** Where a recipient is delivered (qmail's two channels). */
export type Channel = 'local' | 'remote';

/** Sender and recipients, unquoted, without angle brackets (RFC 5598 §2.2.1; spec queue.md §1). */
export interface Envelope {
  readonly sender: ByteString;
  readonly recipients: readonly ByteString[];
}

/**
 * How the bytes of a message are written.
 * `wire`: every line ends CR LF, no other CR or LF occurs, leading dots are doubled, the final
 *   `.` CR LF is absent: the form that goes over SMTP unchanged. A line `.x` whose dot a client forgot to double
 *   stays as it came: whoever reads drops one leading dot of every line, the next hop as well as wireToUnix.
 * `unix`: lines end LF, as qmail keeps its messages; may hold anything.
 */
export type BodyForm = 'wire' | 'unix';

/** K: delivered. Z: try again later. D: failed for good (spec send.md §4). */
export type Status = 'K' | 'Z' | 'D';

/** What became of one recipient in one delivery. `text` is the human report without its letter. */
export interface Outcome {
  readonly status: Status;
  readonly text: ByteString;
}

/** How a message came in; decides the words of the queue's Received line and the uid in the log. */
export type Origin = 'smtp' | 'qmtp' | 'qmqp' | 'inject' | 'forward' | 'bounce';

/** One recipient after routing (spec send.md §2). */
export interface Routed {
  readonly channel: Channel;
  readonly address: ByteString;
}

/** Longest address, in octets, that the queue takes (spec queue.md §1). */
export const maxAddressLength = 1002;
