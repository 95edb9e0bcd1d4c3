/**
 * Whether a recipient exists, asked at RCPT as control/recipients says. Answers are kept for a while, bounded in number.
 * What cannot be told counts as yes, and trouble is told once.
 */
import type { ByteString } from '../../protocol/mail.js';
import { parseRecipientSource, recipientKeys } from '../../protocol/recipient-check.js';
import { compileRouting, type Routing } from '../../protocol/routing.js';
import type { Settings } from '../../protocol/settings.js';
import { listedRecipients } from '../../store/listed-recipients.js';
import { type Existence, LocalRecipients } from '../../store/local-recipient.js';
import { RecipientProgram } from './recipient-program.js';

export interface RecipientPlace {
  /** Absolute. */
  readonly home: string;
  /** Milliseconds that never go back. */
  readonly clock: () => number;
  warn(text: string): void;
}

type Find = (address: ByteString) => Promise<Existence>;

const mostKept = 10_000;
/** Milliseconds. Somebody who was just made is found soon; strangers who guess do not cost a look each. */
const keepMs: Readonly<Record<Existence, number>> = { yes: 60_000, no: 5_000, unknown: 1_000 };

export class RecipientCheck {
  readonly #find: Find;
  readonly #place: RecipientPlace;
  readonly #kept = new Map<ByteString, { readonly exists: boolean; readonly until: number }>();
  #told = '';

  /** Undefined: nobody is asked. */
  static of(settings: Settings, place: RecipientPlace): RecipientCheck | undefined {
    const find = finder(settings, place);
    return find === undefined ? undefined : new RecipientCheck(find, place);
  }

  private constructor(find: Find, place: RecipientPlace) {
    this.#find = find;
    this.#place = place;
  }

  /** At once when it is known. */
  exists(address: ByteString): boolean | Promise<boolean> {
    const kept = this.#kept.get(address);
    if (kept !== undefined && kept.until > this.#place.clock()) return kept.exists;
    return this.#ask(address);
  }

  async #ask(address: ByteString): Promise<boolean> {
    const answer = await this.#find(address).catch((error: unknown): Existence => {
      this.#tell(error instanceof Error ? error.message : String(error));
      return 'unknown';
    });
    if (answer !== 'unknown') this.#told = '';
    const exists = answer !== 'no';
    this.#kept.delete(address);
    const oldest = this.#kept.size < mostKept ? undefined : this.#kept.keys().next().value;
    if (oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(address, { exists, until: this.#place.clock() + keepMs[answer] });
    return exists;
  }

  /** The same trouble is told once. */
  #tell(trouble: string): void {
    if (trouble !== this.#told) this.#place.warn(`control/recipients: ${trouble}; recipients are taken unchecked`);
    this.#told = trouble;
  }
}

function finder(settings: Settings, { home, clock }: RecipientPlace): Find | undefined {
  const source = parseRecipientSource(settings.recipients);
  if (source === undefined || source.kind === 'off') return undefined;
  if (source.kind === 'program') {
    const program = new RecipientProgram(source.words, home);
    return (address) => program.find(address);
  }
  if (source.kind === 'local') return localFinder(compileRouting(settings), new LocalRecipients(home, clock));
  if (!('file' in source)) return undefined;
  const listed = listedRecipients(home, source.file, source.kind, clock);
  return async (address) => (recipientKeys(address, settings.envnoathost).some(listed) ? 'yes' : 'no');
}

/** Mail that goes on to other hosts is theirs to judge. */
function localFinder(routing: Routing, local: LocalRecipients): Find {
  return async (recipient) => {
    const { channel, address } = routing.route(recipient);
    return channel === 'remote' ? 'yes' : local.find(address.slice(0, address.lastIndexOf('@')));
  };
}
