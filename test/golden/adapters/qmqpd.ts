/** The recorded sessions of qmail-qmqpd (qmqpd.md of the cases). */
import { packagesAdapter } from './packages.js';

export const qmqpd = packagesAdapter('qmqpd');
