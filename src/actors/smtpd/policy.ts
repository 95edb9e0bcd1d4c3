/**
 * What smtpd answers to MAIL, RCPT and DATA: the relay rules and the pressure the node is under. Values in,
 * decisions out; the wording is qmail's (spec smtpd.md §2.2).
 */
import { replaceOwnLiteral } from '../../protocol/address.js';
import type { Block } from '../../protocol/block-list.js';
import type { ByteString } from '../../protocol/mail.js';
import { compileRelay, type HostListed, type Relay } from '../../protocol/relay.js';
import type { Settings } from '../../protocol/settings.js';
import type { SmtpDecision } from '../../protocol/smtp/session.js';
import type { Board } from '../kernel/board.js';
import { ownAddresses } from '../net/own-addresses.js';
import type { RecipientCheck } from '../net/recipients.js';

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
const noControls: SmtpDecision = { accept: false, code: 421, text: 'unable to read controls (#4.3.0)', close: true };
const badSender = refuse(553, 'sorry, your envelope sender is in my badmailfrom list (#5.7.1)');
const unknownRecipient = refuse(550, 'sorry, no mailbox here by that name (#5.1.1)');
const noRelay = refuse(553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)");

const isOwn = (ip: string): boolean => ownAddresses().has(ip);

export class SmtpPolicy {
  readonly #relay: Relay;
  readonly #board: Pick<Board, 'get'>;
  readonly #localiphost: ByteString | undefined;
  readonly #recipients: Pick<RecipientCheck, 'exists'> | undefined;

  /** `more` looks up control/morercpthosts.cdb. */
  constructor(
    settings: Pick<Settings, 'rcpthosts' | 'badmailfrom' | 'localiphost'> &
      Partial<Pick<Settings, 'percenthack' | 'envnoathost'>>,
    board: Pick<Board, 'get'>,
    more?: HostListed,
    recipients?: Pick<RecipientCheck, 'exists'>,
  ) {
    this.#recipients = recipients;
    this.#relay = compileRelay(settings, more);
    this.#board = board;
    this.#localiphost = settings.localiphost;
  }

  mail(sender: ByteString): SmtpDecision {
    if (this.#board.get('draining')) return draining;
    if (this.#board.get('paused')) return paused;
    return this.#board.get('full') ? full : accepted(sender, this.#named(sender));
  }

  /** What a blocked client reads at every recipient; there is no exception for postmaster, as in rblsmtpd. */
  blocked({ code, text }: Block): SmtpDecision {
    return refuse(code, text.includes('(#') ? text : `${text} (#${code === 451 ? '4' : '5'}.7.1)`);
  }

  /**
   * The decision about a recipient that was accepted so far: asks whether it exists, when it is one of ours. Mail that a
   * client relays elsewhere is for others to judge.
   */
  existing(decision: SmtpDecision, recipient: ByteString): SmtpDecision | Promise<SmtpDecision> {
    if (this.#recipients === undefined || !decision.accept) return decision;
    const address = decision.address ?? recipient;
    if (!this.#ours(address)) return decision;
    const exists = this.#recipients.exists(address);
    if (typeof exists === 'boolean') return exists ? decision : unknownRecipient;
    return exists.then((found) => (found ? decision : unknownRecipient));
  }

  #ours(address: ByteString): boolean {
    try {
      return this.#relay.rcptAllowed(address);
    } catch {
      return false;
    }
  }

  /** `relayclient` is appended to every address of a client with that variable set (spec smtpd.md §1.1). */
  rcpt(sender: ByteString, recipient: ByteString, relayclient: ByteString | undefined): SmtpDecision {
    if (this.#relay.senderBad(sender)) return badSender;
    const address = this.#named(recipient);
    if (relayclient !== undefined) return accepted(recipient, address + relayclient);
    try {
      return this.#relay.rcptAllowed(address) ? accepted(recipient, address) : noRelay;
    } catch {
      return noControls;
    }
  }

  /** `user@[own address]` is mail for localiphost. */
  #named(address: ByteString): ByteString {
    return this.#localiphost === undefined ? address : replaceOwnLiteral(address, this.#localiphost, isOwn);
  }
}

function accepted(asked: ByteString, address: ByteString): SmtpDecision {
  return asked === address ? accept : { accept: true, address };
}
