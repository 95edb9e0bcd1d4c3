/**
 * control/recipients for a whole list of recipients: which of them would be ours and do not exist. Whoever is elsewhere, or cannot be
 * told, is not named.
 */
import type { ByteString } from '../../protocol/mail.js';
import { compileRelay, type Relay } from '../../protocol/relay.js';
import type { Settings } from '../../protocol/settings.js';
import { moreRcptHosts } from '../../store/more-rcpthosts.js';
import { RecipientCheck, type RecipientPlace } from './recipients.js';

/** Recipients of one message that are asked about; the others are taken unchecked, and bounce when there is nobody. */
const mostAsked = 1_000;

export class HereCheck {
  readonly #check: RecipientCheck;
  readonly #relay: Relay;

  /** Undefined: nobody is asked. */
  static of(settings: Settings, place: RecipientPlace): HereCheck | undefined {
    const check = RecipientCheck.of(settings, place);
    if (check === undefined) return undefined;
    return new HereCheck(check, compileRelay(settings, moreRcptHosts(place.home, place.clock)));
  }

  private constructor(check: RecipientCheck, relay: Relay) {
    this.#check = check;
    this.#relay = relay;
  }

  async unknown(recipients: readonly ByteString[]): Promise<ReadonlySet<ByteString>> {
    const unknown = new Set<ByteString>();
    for (const recipient of recipients.slice(0, mostAsked)) {
      if (this.#ours(recipient) && !(await this.#check.exists(recipient))) unknown.add(recipient);
    }
    return unknown;
  }

  #ours(recipient: ByteString): boolean {
    try {
      return this.#relay.rcptAllowed(recipient);
    } catch {
      return false;
    }
  }
}
