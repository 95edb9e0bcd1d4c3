/**
 * What the sink refuses on purpose: a table of stage, pattern, reply, so that a test can play a troubled next hop.
 * Parsing and matching only.
 */
import type { SmtpDecision } from '../../protocol/smtp/session.js';

export type SinkStage = 'mail' | 'rcpt' | 'data' | 'end';
const stages: readonly SinkStage[] = ['mail', 'rcpt', 'data', 'end'];

interface Rule {
  readonly stage: SinkStage;
  /** Only every n-th match counts. */
  readonly every: number;
  readonly pattern: RegExp;
  /** undefined: cut the connection without a reply. */
  readonly decision: SmtpDecision | undefined;
  matches: number;
}

/** A rules file that cannot be read as one; names the line. */
export class SinkRulesError extends Error {
  override readonly name = 'SinkRulesError';
}

/**
 * Lines `stage[/n] pattern code text`: stage mail (pattern: sender), rcpt (recipient), data or end (sender); `*` in a
 * pattern stands for anything; code 400 to 599, or `drop`; `/n` = every n-th match. `#` begins a comment line.
 */
export class SinkRules {
  readonly #rules: Rule[] = [];

  constructor(text: string) {
    for (const [index, line] of text.split('\n').entries()) {
      if (line.trim() !== '' && !line.startsWith('#')) this.#rules.push(parseRule(line, index + 1));
    }
  }

  /** `accept`, `drop`, or the refusal of the first rule that matches. */
  judge(stage: SinkStage, address: string): SmtpDecision | 'accept' | 'drop' {
    for (const rule of this.#rules) {
      if (rule.stage !== stage || !rule.pattern.test(address)) continue;
      if (++rule.matches % rule.every === 0) return rule.decision ?? 'drop';
    }
    return 'accept';
  }
}

function parseRule(line: string, number: number): Rule {
  const found = /^(\w+)(?:\/(\d{1,6}))?\s+(\S+)\s+(drop|[45]\d\d)(?:\s+(.*))?$/.exec(line.trimEnd());
  const stage = stages.find((name) => name === found?.[1]);
  const every = Number(found?.[2] ?? 1);
  if (found === null || stage === undefined || every === 0) {
    throw new SinkRulesError(`line ${number}: expected "mail|rcpt|data|end[/n] pattern 4xx|5xx|drop text", not "${line}"`);
  }
  const [, , , pattern = '*', code = ''] = found;
  const text = found[5] ?? 'refused by a rule';
  const decision: SmtpDecision | undefined = code === 'drop' ? undefined : { accept: false, code: Number(code), text };
  return { stage, every, pattern: globPattern(pattern), decision, matches: 0 };
}

function globPattern(glob: string): RegExp {
  const parts = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
