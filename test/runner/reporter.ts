/**
 * node:test reporter: one JSON line for each event that the runner counts.
 * The default export is node's interface for reporters. It decides nothing.
 */
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

/** A test that ended. `why` is the error's text, present only when it failed. */
export interface TestLine {
  readonly kind: 'test';
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
  /** Marked skip or todo in the source. */
  readonly unfinished: boolean;
  readonly suite: boolean;
  readonly why?: string;
}
/** A test that began; the last one without an end is where a file hung. */
export interface BegunLine {
  readonly kind: 'begun';
  readonly file: string;
  readonly name: string;
}
/** A test file whose process ended. */
export interface FileLine {
  readonly kind: 'file';
  readonly file: string;
  readonly seconds: number;
}
/** Text that a test file printed, or that node:test says about it. */
export interface PrintedLine {
  readonly kind: 'printed';
  readonly text: string;
}
export type ReportLine = TestLine | BegunLine | FileLine | PrintedLine;

function ended(event: Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>): TestLine {
  const { name, file, skip, todo, details } = event.data;
  const why = event.type === 'test:fail' ? inspect(event.data.details.error.cause ?? event.data.details.error) : undefined;
  return {
    kind: 'test',
    file: file ?? name,
    name,
    passed: event.type === 'test:pass',
    unfinished: (skip ?? false) !== false || (todo ?? false) !== false,
    suite: details.type === 'suite',
    ...(why !== undefined && { why }),
  };
}

function* linesOf(event: TestEvent): Generator<ReportLine> {
  switch (event.type) {
    case 'test:pass':
    case 'test:fail':
      yield ended(event);
      break;
    case 'test:dequeue':
      yield { kind: 'begun', file: event.data.file ?? event.data.name, name: event.data.name };
      break;
    case 'test:complete':
      if (event.data.name === event.data.file)
        yield { kind: 'file', file: event.data.file, seconds: event.data.details.duration_ms / 1000 };
      break;
    case 'test:stderr':
    case 'test:stdout':
    case 'test:diagnostic':
      yield { kind: 'printed', text: event.data.message };
      break;
  }
}

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    for (const line of linesOf(event)) yield `${JSON.stringify(line)}\n`;
  }
}
