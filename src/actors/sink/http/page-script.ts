/**
 * What the sink's page does: asks for the status each second, shows messages, changes rules.
 * Text of messages only ever becomes text nodes; their HTML only ever a frame without scripts.
 */
export const pageScript = String.raw`
'use strict';
const $ = (id) => document.getElementById(id);
const make = (name, text, more) => Object.assign(document.createElement(name), { textContent: text === undefined ? '' : text }, more || {});
const number = (value) => value.toLocaleString('en');
const size = (octets) => octets < 1024 ? octets + ' B' : octets < 1048576 ? (octets / 1024).toFixed(1) + ' KiB' : (octets / 1048576).toFixed(1) + ' MiB';
const millis = (ms) => ms < 1000 ? Number(ms.toPrecision(3)) + ' ms' : (ms / 1000).toPrecision(3) + ' s';
// Signs that turn the order of what follows them are shown, not obeyed: a name could look like another.
const plain = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, (sign) => '\u27e8U+' + sign.charCodeAt(0).toString(16).toUpperCase() + '\u27e9');
let last = -1, shown = 0, oldest = 0, pages = 1, asked = 0, busy = 0, chosen;

// Words of the search field as a query: to:, from: and subject: look there, the rest anywhere.
function wanted() {
  const query = {};
  const rest = $('search').value.replace(/(^|\s)(to|from|subject):("[^"]+"|[^\s"]\S*)/gi, (whole, before, name, word) => {
    const field = name.toLowerCase();
    if (field in query) return whole;
    query[field] = word.replace(/^"|"$/g, '');
    return before;
  }).trim();
  return rest ? { ...query, q: rest } : query;
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.error), body);
  return body;
}

function counts(status) {
  const rows = [['Messages', number(status.messages)], ['Recipients', number(status.recipients)], ['Received', size(status.bytes)],
    ['Connections', number(status.connections)], ['Open', number(status.open)], ['Refused 4xx', number(status.refused4)],
    ['Refused 5xx', number(status.refused5)], ['Cut', number(status.drops)], ['No answer', number(status.unanswered)], ['Half open', number(status.stalls)], ['Delayed', number(status.delays)]];
  if (status.latency) rows.push(['Latency p50', millis(status.latency.p50)], ['Latency p99', millis(status.latency.p99)]);
  $('counts').replaceChildren(...rows.map(([name, value]) => {
    const box = make('div');
    box.append(make('dt', name), make('dd', value));
    return box;
  }));
  const v = status.verdict;
  const wrong = v ? v.lost + v.duplicate + v.altered + v.late : 0;
  $('verdict').className = status.ledgerTrouble || wrong ? 'bad' : 'good';
  $('verdict').textContent = (v ? 'Ledger: ' + number(v.lost) + ' not here yet or lost, ' + number(v.duplicate) + ' twice, ' + number(v.altered) + ' altered, ' + number(v.late) + ' late' : '')
    + (status.ledgerTrouble ? ' ' + status.ledgerTrouble : '');
}

function chart(name, values, output) {
  const top = Math.max(1, ...values);
  const points = values.map((value, index) => (300 - values.length + index + 1) + ',' + (59 - value / top * 57).toFixed(1));
  const shape = (kind, text) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', kind);
    node.setAttribute('points', text);
    return node;
  };
  const area = points.length === 0 ? '' : (300 - values.length + 1) + ',60 ' + points.join(' ') + ' 300,60';
  $('chart-' + name).replaceChildren(shape('polygon', area), shape('polyline', points.join(' ')));
  $(output).textContent = number(values.at(-1) || 0) + ' (most ' + number(values.length ? Math.max(...values) : 0) + ')';
}

async function refresh() {
  try {
    const status = await ask('/api/status');
    counts(status);
    chart('messages', status.series.map((point) => point.messages), 'rate');
    chart('open', status.series.map((point) => point.open), 'open');
    chart('troubled', status.series.map((point) => point.troubled), 'troubled');
    $('state').textContent = 'running';
    if (status.kept.messages !== shown || status.messages !== last) {
      if (await list('again')) { shown = status.kept.messages; last = status.messages; }
    }
  } catch (error) { $('state').textContent = 'no answer: ' + error.message; }
}

function row(message) {
  const item = make('li');
  const button = make('button', undefined, { type: 'button' });
  button.dataset.id = message.id;
  button.setAttribute('aria-current', String(message.id === chosen));
  button.append(make('b', plain(message.subject) || '(no subject)'), make('span', plain((message.sender || '<>') + ' → ' + message.recipients.join(', '))),
    make('span', new Date(message.at).toLocaleTimeString() + ' · ' + size(message.size) + ' · ' + message.protocol));
  button.addEventListener('click', () => open(message.id));
  item.append(button);
  return item;
}

// how: 'anew' from the newest, 'older' what comes behind those shown, 'again' what is shown. False: not done.
async function list(how) {
  if (how === 'again' && busy > 0) return false;
  const older = how === 'older';
  if (how === 'anew') pages = 1;
  const query = new URLSearchParams({ ...wanted(), limit: older ? 50 : Math.min(500, pages * 50) });
  if (older) query.set('before', oldest);
  const turn = ++asked;
  let found;
  busy++;
  try { found = await ask('/api/messages?' + query); } finally { busy--; }
  // Something else was asked for meanwhile.
  if (turn !== asked) return false;
  $('clear').textContent = $('search').value ? 'Delete found' : 'Delete all';
  $('save').textContent = $('search').value ? 'Save found' : 'Save all';
  $('save').href = '/api/mbox?' + new URLSearchParams(wanted());
  $('listed').textContent = found.total === found.kept ? number(found.kept) + ' kept' : number(found.total) + ' of ' + number(found.kept) + ' kept';
  // Far down nothing moves under the reader.
  if (how === 'again' && pages > 10) return true;
  if (older) pages++;
  const rows = found.messages.map(row);
  // A message that is being read with the keyboard must not lose the focus.
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.id : undefined;
  if (older) $('messages').append(...rows); else $('messages').replaceChildren(...rows);
  if (focused && !older) { const again = $('messages').querySelector('[data-id="' + focused + '"]'); if (again) again.focus(); }
  oldest = found.messages.length ? found.messages.at(-1).id : oldest;
  $('more').hidden = found.messages.length < (older ? 50 : Math.min(500, pages * 50));
  return true;
}

// Text in which the message's links are links: a sentence's end behind them is not theirs.
function linked(text, links) {
  const pre = make('pre');
  for (const piece of text.split(/(https?:\/\/[^\s<>"]+)/i)) {
    const link = /^https?:/i.test(piece) ? links.filter((one) => piece.startsWith(one)).sort((a, b) => b.length - a.length)[0] : undefined;
    if (link) pre.append(away(link), piece.slice(link.length)); else pre.append(piece);
  }
  return pre;
}
const away = (address) => make('a', plain(address), { href: address, target: '_blank', rel: 'noopener noreferrer' });

// A browser takes seconds to lay out millions of lines: the beginning is shown, and where the rest is.
const mostShown = 262144;
function beginning(text, path, shape) {
  if (text.length <= mostShown) return shape(text);
  const box = make('div');
  const note = make('p', 'The beginning of ' + size(text.length) + '. ', { className: 'empty' });
  note.append(make('a', 'Open all of it', { href: path, target: '_blank', rel: 'noopener' }));
  box.append(note, shape(text.slice(0, mostShown)));
  return box;
}

const views = {
  Text: (message) => beginning(message.text || '(no plain text)', '/api/messages/' + message.id + '/text', (text) => linked(text, message.links)),
  HTML: (message) => {
    if (!message.html) return make('p', 'no HTML', { className: 'empty' });
    const frame = make('iframe', undefined, { title: 'HTML of the message', src: '/api/messages/' + message.id + '/view' });
    frame.setAttribute('sandbox', 'allow-popups allow-popups-to-escape-sandbox');
    return frame;
  },
  Links: (message) => {
    const found = make('ul', undefined, { className: 'links' });
    for (const address of message.links) { const item = make('li'); item.append(away(address)); found.append(item); }
    return message.links.length ? found : make('p', 'no links', { className: 'empty' });
  },
  Header: (message) => fields(message.headers.map((field) => [field.name, field.value])),
  Raw: (message) => {
    const box = make('div', 'loading');
    const path = '/api/messages/' + message.id + '/raw';
    fetch(path).then((answer) => answer.text()).then((raw) => box.replaceChildren(beginning(raw, path, (text) => make('pre', text))));
    return box;
  },
  Session: (message) => make('pre', message.transcript.join('\n')),
};

function fields(rows) {
  const table = make('table');
  for (const [name, value] of rows) {
    const line = make('tr');
    const cell = make('td');
    const box = make('div', undefined, { className: 'cell' });
    box.append(...[value].flat().map((one) => typeof one === 'string' ? plain(one) : one));
    cell.append(box);
    line.append(make('th', plain(name), { scope: 'row' }), cell);
    table.append(line);
  }
  return table;
}

async function open(id) {
  chosen = id;
  for (const button of $('messages').querySelectorAll('button')) button.setAttribute('aria-current', String(Number(button.dataset.id) === id));
  let message;
  try { message = await ask('/api/messages/' + id); } catch (error) { $('message').replaceChildren(make('p', error.message, { className: 'empty' })); return; }
  const panel = make('div', undefined, { id: 'panel', tabIndex: 0 });
  panel.setAttribute('role', 'tabpanel');
  const tabs = make('div', undefined, { className: 'tabs' });
  tabs.setAttribute('role', 'tablist');
  const select = (name, button) => {
    for (const other of tabs.children) { other.setAttribute('aria-selected', String(other === button)); other.tabIndex = other === button ? 0 : -1; }
    panel.setAttribute('aria-label', name);
    panel.replaceChildren(views[name](message));
  };
  for (const name of Object.keys(views)) {
    const button = make('button', name, { type: 'button' });
    button.setAttribute('role', 'tab');
    button.setAttribute('aria-controls', 'panel');
    button.addEventListener('click', () => select(name, button));
    button.addEventListener('keydown', (event) => {
      const next = event.key === 'ArrowRight' ? button.nextElementSibling : event.key === 'ArrowLeft' ? button.previousElementSibling : null;
      if (next) { next.click(); next.focus(); }
    });
    tabs.append(button);
  }
  const remove = make('button', 'Delete', { type: 'button' });
  remove.addEventListener('click', async () => { await ask('/api/messages/' + id, { method: 'DELETE' }); $('message').replaceChildren(make('p', 'deleted', { className: 'empty' })); list('anew'); });
  const save = make('a', 'Download', { className: 'button', href: '/api/messages/' + id + '/raw', download: id + '.eml' });
  const attached = message.attachments.flatMap((one) => [make('a', plain(one.name) || 'unnamed', { href: '/api/messages/' + id + '/parts/' + one.part, download: one.name || '' }), ' (' + one.type + ', ' + size(one.size) + ')  ']);
  const rows = [['From', message.from], ['To', message.to], ['Envelope', '<' + message.sender + '> → ' + message.recipients.join(', ')],
    ['Came', message.at + ' from ' + message.client + ' by ' + message.protocol + (message.helo ? ', which calls itself ' + message.helo : '')]];
  if (message.login) rows.push(['Logged in', message.login]);
  if (attached.length) rows.push(['Attached', attached]);
  if (message.cut) rows.push(['Note', 'only the first part was kept']);
  $('message').replaceChildren(make('h3', plain(message.subject) || '(no subject)'), fields(rows), save, remove, tabs, panel);
  const first = message.text || !message.html ? 0 : 1;
  select(Object.keys(views)[first], tabs.children[first]);
  // On a phone it stands below the list.
  if (matchMedia('(max-width:760px)').matches) $('message').scrollIntoView();
}

async function rules() {
  $('rules').value = await (await fetch('/api/rules')).text();
  const presets = await ask('/api/presets');
  for (const name of Object.keys(presets)) $('preset').append(make('option', name, { value: name }));
  $('preset').addEventListener('change', () => { if ($('preset').value) $('rules').value = presets[$('preset').value]; });
}

$('rules-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const said = $('rules-said');
  try {
    await ask('/api/rules', { method: 'PUT', headers: { 'Content-Type': 'text/plain' }, body: $('rules').value });
    said.className = 'good';
    said.textContent = 'in force';
  } catch (error) {
    said.className = 'bad';
    said.textContent = error.message + '; nothing was changed';
    if (error.line) {
      const before = $('rules').value.split('\n').slice(0, error.line - 1).join('\n').length;
      $('rules').focus();
      $('rules').setSelectionRange(error.line > 1 ? before + 1 : 0, error.line > 1 ? before + 1 : 0);
    }
  }
});
$('clear').addEventListener('click', async () => {
  const words = $('search').value;
  const query = wanted();
  if (!confirm(words ? 'Delete all kept messages with "' + words + '"?' : 'Delete all kept messages?')) return;
  await ask('/api/messages?' + new URLSearchParams(query), { method: 'DELETE' });
  await list('anew');
});
$('more').addEventListener('click', () => list('older'));
let typing;
$('search').addEventListener('input', () => { clearTimeout(typing); typing = setTimeout(() => list('anew'), 150); });
$('messages').addEventListener('keydown', (event) => {
  const item = event.target.closest('li');
  const next = item && (event.key === 'ArrowDown' ? item.nextElementSibling : event.key === 'ArrowUp' ? item.previousElementSibling : null);
  if (next) { event.preventDefault(); next.firstElementChild.focus(); }
});
rules();
(async function turn() { await refresh(); setTimeout(turn, 1000); })();
`;
