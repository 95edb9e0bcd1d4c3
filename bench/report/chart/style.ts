/**
 * Colours of charts, light and dark: told apart by people who see few colours, and by dashes too.
 * A style sheet as text; the same in the report page and in single SVG files.
 */

export const seriesCount = 5;

export const chartStyle = `
.chart{--ink:#1d2433;--faint:#5b6478;--rule:#d8dce5;--s0:#0b62a8;--s1:#c04a00;--s2:#00775a;--s3:#8e3a80;--s4:#6b5b00}
@media (prefers-color-scheme:dark){.chart{--ink:#e8ebf2;--faint:#a3acbf;--rule:#3a4254;--s0:#6db3f2;--s1:#ff9d5c;--s2:#4fd1a5;--s3:#e39ad6;--s4:#d8c45a}}
.chart text{font:12px system-ui,sans-serif;fill:var(--ink)}
.chart .faint{fill:var(--faint)}
.chart .title{font-weight:600;font-size:13px}
.chart .rule{stroke:var(--rule);stroke-width:1;fill:none}
.chart .whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
.chart .mark{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3;fill:none}
.chart .line{fill:none;stroke-width:2;stroke-linejoin:round}
${Array.from({ length: seriesCount }, (_, index) => `.chart .f${index}{fill:var(--s${index})}.chart .l${index}{stroke:var(--s${index})${dashes(index)}}`).join('\n')}
`;

function dashes(index: number): string {
  const pattern = ['', '7 3', '2 3', '9 3 2 3', '4 2'][index] ?? '';
  return pattern === '' ? '' : `;stroke-dasharray:${pattern}`;
}
