/**
 * What smtpd answers to MAIL, RCPT and DATA: the relay rules and the pressure the node is under. Values in,
 * decisions out; the wording is qmail's (spec smtpd.md §2.2).
 */
import type { ByteString } from '../../protocol/mail.js';
import { compileRelay, type Relay } from '../../protocol/relay.js';
import type { Settings } from '../../protocol/settings.js';
import type { SmtpDecision } from '../../protocol/smtp/session.js';
import type { Board } from '../kernel/board.js';

const accept: SmtpDecision = { accept: true };
const refuse = (code: number, text: ByteString): SmtpDecision => ({ accept: false, code, text });

const full = refuse(452, 'insufficient system storage, try again later (#4.3.1)');
const draining: SmtpDecision = {
  accept: false,
  code: 421,
  text: 'server is shutting down, try again later (#4.3.2)',
  close: true,
};
const paused = refuse(451, 'server is paused, try again later (#4.3.2)');
const badSender = refuse(553, 'sorry, your envelope sender is in my badmailfrom list (#5.7.1)');
const noRelay = refuse(553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)");

export class SmtpPolicy {
  readonly #relay: Relay;
  readonly #board: Board;

  constructor(settings: Settings, board: Board) {
    this.#relay = compileRelay(settings);
    this.#board = board;
  }

  mail(): SmtpDecision {
    if (this.#board.get('draining')) return draining;
    if (this.#board.get('paused')) return paused;
    return this.#board.get('full') ? full : accept;
  }

  /** `relayclient` is appended to every address of a client with that variable set (spec smtpd.md §1.1). */
  rcpt(sender: ByteString, recipient: ByteString, relayclient: ByteString | undefined): SmtpDecision {
    if (this.#relay.senderBad(sender)) return badSender;
    if (relayclient !== undefined) return relayclient === '' ? accept : { accept: true, address: recipient + relayclient };
    return this.#relay.rcptAllowed(recipient) ? accept : noRelay;
  }
}
