/**
 * What was said in a session, for whoever looks at a message: a bounded list of lines.
 * Bodies are named by their size.
 */

const mostLines = 400;
const mostLength = 2_000;

export class Transcript {
  /** What was said before the first message: it belongs to all. */
  #opening: string[] = [];
  #said: string[] = [];
  #messages = 0;

  client(line: string): void {
    if (this.#messages === 0 && this.#opening.length === 0 && /^mail/i.test(line)) this.#open();
    this.#add(`C: ${line}`);
  }

  server(replies: string): void {
    if (replies === '') return;
    for (const line of replies.trimEnd().split('\r\n')) this.#add(`S: ${line}`);
  }

  body(octets: number): void {
    this.#add(`C: (message of ${octets} octets)`);
    this.#add('C: .');
  }

  /** The lines so far, for one message; the last replies can still be added to the list. */
  take(): string[] {
    this.#messages++;
    const lines = [...this.#opening, ...this.#said];
    this.#said = [];
    return lines;
  }

  #open(): void {
    this.#opening = this.#said;
    this.#said = [];
  }

  #add(line: string): void {
    if (this.#said.length < mostLines) this.#said.push(line.slice(0, mostLength));
  }
}
