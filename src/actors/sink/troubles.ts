/**
 * The rules in force of one sink, and the words of recipients' addresses: what happens to a command.
 * Rules can be replaced while it runs; a text with a mistake changes nothing.
 */
import { isUtf8 } from 'node:buffer';
import { plainAccept, SinkJudge, type SinkQuestion, type SinkVerdict } from '../../protocol/sink/judge.js';
import { parseSinkRules } from '../../protocol/sink/parse-rules.js';
import { sinkPresets } from '../../protocol/sink/presets.js';
import type { SinkRulesMistake } from '../../protocol/sink/rule.js';
import { readable } from './charset.js';

/** A rules text that cannot be read as one; names the line. */
export class SinkRulesError extends Error {
  override readonly name = 'SinkRulesError';
  readonly line: number;
  readonly reason: string;
  constructor({ line, reason }: SinkRulesMistake) {
    super(`line ${line}: ${readable(reason)}`);
    this.line = line;
    this.reason = readable(reason);
  }
}

/** The text of a rules file or of a request. Throws SinkRulesError when it is not UTF-8. */
export function rulesOf(octets: Buffer): string {
  if (isUtf8(octets)) return octets.toString('utf8');
  let line = 1;
  for (let from = 0; from < octets.length; line++) {
    const end = octets.indexOf(0x0a, from);
    const next = end === -1 ? octets.length : end + 1;
    if (!isUtf8(octets.subarray(from, next))) break;
    from = next;
  }
  throw new SinkRulesError({ line, reason: 'not UTF-8' });
}

export class Troubles {
  /** Addresses as `450-x@…` are obeyed. */
  readonly magic: boolean;
  #text: string;
  #judge: SinkJudge;
  #begun: number;

  /** Throws SinkRulesError. `ageMs`: for so long they have been in force elsewhere. */
  constructor(rules: string | undefined, magic: boolean, ageMs = 0) {
    this.magic = magic;
    this.#text = rulesText(rules ?? 'clean');
    this.#begun = performance.now() - ageMs;
    this.#judge = judgeOf(this.#text, this.#begun);
  }

  /** The text of the rules in force. */
  get text(): string {
    return this.#text;
  }

  /** Milliseconds since they were put in force. */
  get ageMs(): number {
    return performance.now() - this.#begun;
  }

  /** Puts other rules in force, by text or the name of a preset; times of rules begin now. Throws SinkRulesError, then the old ones stay. */
  replace(rules: string): void {
    const text = rulesText(rules);
    const begun = performance.now();
    this.#judge = judgeOf(text, begun);
    this.#begun = begun;
    this.#text = text;
  }

  judge(question: Omit<SinkQuestion, 'now'>): SinkVerdict {
    if (!this.#judge.concerns(question.stage)) return plainAccept;
    return this.#judge.judge({ ...question, now: performance.now() });
  }

  /** Whether a rule can say anything about a stage. */
  concerns(stage: SinkQuestion['stage']): boolean {
    return this.#judge.concerns(stage);
  }

  /** Whether all questions about a stage must come to one place, see SinkJudge. */
  remembers(stage: SinkQuestion['stage']): boolean {
    return this.#judge.remembers(stage);
  }

  /** Whether a rule limits open connections. */
  get limits(): boolean {
    return this.#judge.limits;
  }
}

/** One word alone is the name of a preset. */
function rulesText(text: string): string {
  const rules = text.replace(/^\ufeff/, '');
  const word = rules.trim();
  if (Object.hasOwn(sinkPresets, word)) return sinkPresets[word] ?? '';
  if (/^[A-Za-z-]+$/.test(word)) {
    const reason = `"${word}" is neither a preset (${Object.keys(sinkPresets).join(', ')}) nor a rule`;
    throw new SinkRulesError({ line: 1, reason });
  }
  return rules;
}

function judgeOf(text: string, begun: number): SinkJudge {
  // Patterns meet addresses, and replies go out, as octets.
  const read = parseSinkRules(Buffer.from(text, 'utf8').toString('latin1'));
  if ('reason' in read) throw new SinkRulesError(read);
  return new SinkJudge(read, begun);
}
