/**
 * The address list of a header field, read from right to left (spec inject.md §4.1): each address is handed out,
 * and what comes back takes its place. Syntax only.
 */
import type { Token } from './tokens.js';

/** Tokens of one address, left to right. */
export type Address = readonly Token[];

const comma: Token = { kind: ',', text: ',' };
/** What may stand as a phrase before `<`. */
const phrase: readonly Token['kind'][] = ['comment', 'atom', 'quoted', '@', '.'];

/** Returns the list with every address replaced, or undefined where groups are nested or not closed. */
export function mapAddresses(list: readonly Token[], replace: (address: Address) => Address): Token[] | undefined {
  return new ListReader(list, replace).read();
}

class ListReader {
  readonly #list: readonly Token[];
  readonly #replace: (address: Address) => Address;
  /** Both are kept right to left. */
  readonly #out: Token[] = [];
  #address: Token[] = [];
  #at: number;
  #inGroup = false;
  /** True when the next word to the left may belong to the address now open. */
  #wordFits = true;

  constructor(list: readonly Token[], replace: (address: Address) => Address) {
    this.#list = list;
    this.#replace = replace;
    this.#at = list.length - 1;
  }

  read(): Token[] | undefined {
    for (let token = this.#list[this.#at]; token !== undefined; token = this.#list[this.#at]) {
      if (!this.#take(token)) return undefined;
    }
    this.#flush(false);
    return this.#out.reverse();
  }

  #take(token: Token): boolean {
    switch (token.kind) {
      case ';':
        return this.#groupEnd();
      case ':':
        return this.#groupName();
      case '>':
        return this.#bracketed();
      case ',':
        this.#flush(false);
        this.#pass();
        this.#wordFits = true;
        return true;
      case 'comment':
        this.#pass();
        return true;
      case 'atom':
      case 'quoted':
      case 'literal':
        // Two words side by side are two addresses.
        if (!this.#wordFits) this.#flush(true);
        this.#wordFits = false;
        this.#collect();
        return true;
      default:
        this.#wordFits = true;
        this.#collect();
        return true;
    }
  }

  #groupEnd(): boolean {
    this.#flush(true);
    if (this.#inGroup) return false;
    this.#inGroup = true;
    this.#wordFits = true;
    this.#pass();
    return true;
  }

  #groupName(): boolean {
    this.#flush(false);
    if (!this.#inGroup) return false;
    this.#inGroup = false;
    while (this.#at >= 0 && this.#list[this.#at]?.kind !== ',') this.#pass();
    if (this.#at >= 0) this.#pass();
    this.#wordFits = true;
    return true;
  }

  #bracketed(): boolean {
    this.#flush(true);
    this.#pass();
    while (this.#at >= 0 && this.#list[this.#at]?.kind !== '<') this.#collect();
    // `<>` is an address too.
    this.#hand();
    if (this.#at < 0) return false;
    this.#pass();
    while (phrase.includes(this.#list[this.#at]?.kind ?? ',')) this.#pass();
    this.#wordFits = false;
    return true;
  }

  #pass(): void {
    this.#out.push(this.#list[this.#at--] as Token);
  }

  #collect(): void {
    this.#address.push(this.#list[this.#at--] as Token);
  }

  #flush(withComma: boolean): void {
    if (this.#address.length === 0) return;
    this.#hand();
    if (withComma) this.#out.push(comma);
  }

  #hand(): void {
    const replaced = this.#replace(this.#address.reverse());
    this.#address = [];
    this.#out.push(...replaced.toReversed());
  }
}
