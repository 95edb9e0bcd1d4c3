/**
 * The error of a queue that cannot be opened: one line that says what is wrong with which
 * file and what to do. Thrown only while opening; afterwards trouble is a StoreError.
 */
export class QueueUnusable extends Error {
  override readonly name = 'QueueUnusable';
  /** What the text is about: so that callers choose an exit code (spec queue.md §1.1: 61 to 64) without reading it. */
  readonly why: 'missing' | 'denied' | 'damaged' | 'format';
  constructor(why: QueueUnusable['why'], text: string) {
    super(text);
    this.why = why;
  }
}

/** The text of anything thrown, on one line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
}
