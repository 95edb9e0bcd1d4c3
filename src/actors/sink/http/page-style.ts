/**
 * How the sink's page looks: light and dark, from phone to desk.
 */
export const pageStyle = `
:root{--bg:#f7f7f5;--card:#fff;--ink:#1c2128;--soft:#59636e;--line:#d5d8dc;--mark:#0b5cad;--mark-soft:#e4eefa;--bad:#b42318;--good:#1a7f37}
@media (prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1d2126;--ink:#e8eaed;--soft:#a3abb5;--line:#363c44;--mark:#7db8ff;--mark-soft:#223449;--bad:#ff8b80;--good:#6bd08a}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
header,main{max-width:1200px;margin:0 auto;padding:0 16px}
header{display:flex;align-items:baseline;gap:16px;flex-wrap:wrap;padding-top:12px}
h1{font-size:1.35rem;margin:0}h2{font-size:1.1rem;margin:0}
header p{margin:0;color:var(--soft)}
section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px;margin:16px 0}
.hidden,.skip:not(:focus){position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
dl#counts{display:grid;grid-template-columns:repeat(auto-fill,minmax(120px,1fr));gap:12px;margin:0}
dl#counts dt{color:var(--soft);font-size:.85rem}dl#counts dd{margin:0;font-size:1.35rem;font-variant-numeric:tabular-nums}
#verdict{margin:12px 0 0}.bad{color:var(--bad)}.good{color:var(--good)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:16px 32px;margin-top:16px}
figure{margin:0}figcaption{color:var(--soft);font-size:.85rem;display:flex;justify-content:space-between}
figcaption output{color:var(--ink);font-variant-numeric:tabular-nums}
svg{width:100%;height:60px;border-bottom:1px solid var(--line);display:block}
svg polyline{fill:none;stroke:var(--mark);stroke-width:1.5;vector-effect:non-scaling-stroke}svg polygon{fill:var(--mark-soft)}
.mail{display:grid;grid-template-columns:minmax(260px,2fr) 3fr;gap:16px}
.bar{display:flex;gap:12px;align-items:center;flex-wrap:wrap}.search{flex:1;display:flex;align-items:center;gap:8px;min-width:10rem}.search input{flex:1;min-width:0;width:100%}
ul#messages{list-style:none;margin:8px 0;padding:0;max-height:60vh;overflow:auto}
ul#messages button{display:block;width:100%;text-align:left;background:none;border:0;border-top:1px solid var(--line);border-radius:0;padding:8px;color:inherit;overflow:hidden}
ul#messages button[aria-current=true]{background:var(--mark-soft)}
ul#messages b,ul#messages span{display:block;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
ul#messages span,#listed,.empty{color:var(--soft);font-size:.85rem}#listed{margin:8px 0 0}
.pair{white-space:nowrap}
#panel{max-height:62vh;overflow:auto}.cell{max-height:7.5em;overflow:auto}td a{unicode-bidi:isolate}article{min-width:0}article>button,article>.button{margin-top:8px}a{color:var(--mark)}
.button{display:inline-block;color:inherit;text-decoration:none;border:1px solid var(--line);border-radius:6px;padding:6px 12px;margin-right:8px}
ul.links{margin:0;padding-left:1.2em;overflow-wrap:anywhere;max-height:60vh;overflow:auto}article h3{margin:0 0 8px;overflow-wrap:anywhere;max-height:6em;overflow:auto}
table{border-collapse:collapse;font-size:.85rem;width:100%}th{text-align:left;vertical-align:top;padding:2px 12px 2px 0;white-space:nowrap;font-weight:600}td{overflow-wrap:anywhere;padding:2px 0}
.tabs{display:flex;flex-wrap:wrap;gap:4px;margin:12px 0;border-bottom:1px solid var(--line)}
.tabs button{border:0;border-bottom:2px solid transparent;border-radius:0;background:none;color:inherit}
.tabs button[aria-selected=true]{border-color:var(--mark);color:var(--mark)}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:.85rem/1.45 ui-monospace,monospace;max-height:60vh;overflow:auto}
iframe{width:100%;height:50vh;border:1px solid var(--line);background:#fff;border-radius:4px}
button,input,select,textarea{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:6px 12px}
button{cursor:pointer}button:focus-visible,input:focus-visible,select:focus-visible,textarea:focus-visible,a:focus-visible{outline:2px solid var(--mark);outline-offset:1px}
form label{display:block;margin:8px 0 4px}textarea{width:100%;font:.85rem/1.45 ui-monospace,monospace}
form button{margin-top:8px}#rules-said{margin:8px 0 0;min-height:1.5em}
@media (max-width:760px){.mail{grid-template-columns:minmax(0,1fr)}ul#messages{max-height:40vh}}
`;
