/** The recorded sessions of qmail-qmtpd (qmtpd.md of the cases). */
import { packagesAdapter } from './packages.js';

export const qmtpd = packagesAdapter('qmtpd');
