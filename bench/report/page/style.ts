/**
 * The style sheet of the report page: light and dark, phone width, print.
 */

export const pageStyle = `
:root{color-scheme:light dark;--back:#fff;--card:#f6f7fa;--ink:#1d2433;--faint:#5b6478;--rule:#d8dce5;--good:#00664d;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--back:#12161f;--card:#1a202c;--ink:#e8ebf2;--faint:#a3acbf;--rule:#3a4254;--good:#4fd1a5;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:72rem;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .3rem}
h2{font-size:1.15rem;margin:2rem 0 .6rem}
p{margin:.3rem 0}
.faint{color:var(--faint)}
.verdict{border-left:.4rem solid var(--good);background:var(--card);padding:.8rem 1rem;margin:1rem 0;border-radius:.3rem}
.verdict.bad{border-color:var(--bad)}
.verdict strong{color:var(--good)}
.verdict.bad strong{color:var(--bad)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem}
figure{margin:0;background:var(--card);border-radius:.5rem;padding:.7rem;max-width:36rem}
figure svg{display:block;width:100%;height:auto}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.82rem}
.small{font-size:.9rem}
th,td{padding:.3rem .4rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
th:first-child{position:sticky;left:0;background:var(--back);white-space:normal;min-width:7rem}
td small{color:var(--faint);display:block;font-size:.72rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:0}
dt{color:var(--faint)}dd{margin:0;overflow-wrap:anywhere}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
pre{background:var(--card);padding:.7rem;border-radius:.3rem;white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}
@media (max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}}
@media print{:root{--back:#fff;--card:#fff;--ink:#000}body{max-width:none;padding:0;font-size:10pt}figure{break-inside:avoid;border:1px solid #ccc;padding:.4rem}.charts{grid-template-columns:1fr 1fr;gap:.5rem}pre{break-inside:avoid}dl{break-inside:avoid}h2{break-after:avoid}.wide{overflow:visible}table{font-size:7pt}td small{font-size:6pt}h2{margin-top:1.2rem}th,td{padding:.15rem .25rem}th,td{white-space:normal}tr{break-inside:avoid}}
`;
