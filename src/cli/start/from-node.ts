/**
 * What comes from the node over the pipe, checked before the parent believes its shape: whoever took over the node must not end
 * the parent with it.
 */
import type { ToParent } from './pipe-messages.js';

const longestText = 10_000;

/** Undefined: no message of ours. */
export function fromNode(value: unknown): ToParent | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, text, format } = value as Readonly<Record<string, unknown>>;
  switch (type) {
    case 'ready':
    case 'stop please':
    case 'restart please':
    case 'pulse':
      return { type };
    case 'failed':
      return typeof text === 'string' ? { type, text: text.slice(0, longestText) } : undefined;
    case 'log':
      return logFormat(format);
    default:
      return undefined;
  }
}

function logFormat(format: unknown): ToParent | undefined {
  if (typeof format !== 'object' || format === null) return undefined;
  const { logformat, logstamp } = format as Readonly<Record<string, unknown>>;
  if (logformat !== 'qmail' && logformat !== 'json') return undefined;
  return logstamp === 'none' || logstamp === 'tai64n' ? { type: 'log', format: { logformat, logstamp } } : undefined;
}
