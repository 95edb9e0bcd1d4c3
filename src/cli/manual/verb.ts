/**
 * What people are told about one verb of `tqmail`. Help, usage lines, shell completion and the manual page tqmail(8) are
 * all made of these rows and of nothing else.
 */

export interface VerbOption {
  /** Without its dashes. */
  readonly name: string;
  /** What it wants, as `DIR`; absent: it stands alone. */
  readonly value?: string;
  /** The only values there are. */
  readonly choices?: readonly string[];
  readonly needed?: boolean;
  readonly text: string;
}

export interface Verb {
  readonly name: string;
  readonly group: 'home' | 'server' | 'queue' | 'log and load' | 'help';
  /** What comes besides options, as `DIR` or `[FILE...]`. */
  readonly operand?: string;
  readonly summary: string;
  readonly options: readonly VerbOption[];
  /** Whole sentences, a paragraph each. */
  readonly about: readonly string[];
  /** Code and what it means, in rising order. */
  readonly exits: readonly (readonly [code: number, text: string])[];
}

export const homeOption: VerbOption = {
  name: 'home',
  value: 'DIR',
  text: 'the home; else $QMAILHOME, else HOME when called as HOME/bin/tqmail, else /var/qmail',
};

export const misused: readonly [number, string] = [64, 'wrong usage'];
