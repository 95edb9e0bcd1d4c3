/**
 * The sink's page: one text with its style and its script inside, nothing fetched from elsewhere.
 * The policy names both by their hash, so that nothing that a message brings can run or style here.
 */
import { createHash } from 'node:crypto';
import { pageMarkup } from './page-markup.js';
import { pageScript } from './page-script.js';
import { pageStyle } from './page-style.js';

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const page = pageMarkup.replace('/*style*/', () => pageStyle).replace('/*script*/', () => pageScript);

export const pageHeaders = {
  'Content-Security-Policy': [
    "default-src 'none'",
    `script-src ${hash(pageScript)}`,
    `style-src ${hash(pageStyle)}`,
    "connect-src 'self'",
    "frame-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};
