/**
 * The cases of overload in the order in which they run.
 */
import type { OverloadCase } from './case.js';
import { clientCases } from './clients.js';
import { destinationCases } from './destinations.js';
import { insideCases } from './inside.js';
import { pop3Cases } from './pop3.js';

export const overloadCases: readonly OverloadCase[] = [...clientCases, ...pop3Cases, ...destinationCases, ...insideCases];
