/** Rows of figures in the text format of Prometheus (version 0.0.4). Pure. */

export type MetricRow = readonly [
  name: string,
  kind: 'counter' | 'gauge' | 'summary',
  what: string,
  /** Undefined: not known, left out. */
  value: number | undefined,
  /** As `a="b"`; values without quotes, backslashes and line ends. */
  labels?: string,
  /** Of a summary: what follows the name, of which the explanation speaks as a whole. */
  part?: '_sum' | '_count',
];

/** Rows of one name stand together; `prefix` is put in front of each name. */
export function prometheusText(prefix: string, rows: readonly MetricRow[]): string {
  let text = '';
  let last = '';
  for (const [name, kind, what, value, labels = '', part = ''] of rows) {
    if (value === undefined) continue;
    if (name !== last) text += `# HELP ${prefix}${name} ${what}\n# TYPE ${prefix}${name} ${kind}\n`;
    last = name;
    text += `${prefix}${name}${part}${labels === '' ? '' : `{${labels}}`} ${value}\n`;
  }
  return text;
}
