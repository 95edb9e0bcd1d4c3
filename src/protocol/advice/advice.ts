/**
 * What is said of one line of a control file that is taken as it is. A type only.
 */
import type { SettingsProblem } from '../settings.js';

/** `serious`: mail suffers; else it is worth a look. */
export interface Advice extends SettingsProblem {
  readonly serious: boolean;
}
