/**
 * The sink's page in a real browser: what it shows, that mail cannot run anything in it, that a mistake in the rules is named.
 * Where no Chromium is installed it says so; what the page asks of the interface is tested in http.test.ts everywhere.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { type Sink, startSink } from '../../../src/actors/sink/sink.js';
import { installedBrowser, openPage, type PageView } from '../../support/browser.js';
import { submit } from './submit.js';

const loopback = { address: '127.0.0.1', port: 0 };
const mail = [
  'From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>',
  'To: a@example.org',
  'X-Turned: =?utf-8?Q?=E2=80=AEgpj.exe?=',
  'Subject: <img src=x onerror=document.title=1>',
  'Content-Type: multipart/alternative; boundary=bb',
  '',
  '--bb',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'A caf=C3=A9. See https://example.org/reset?token=3D1&x=3D2.',
  '--bb',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<link rel=preconnect href="http://127.0.0.1:PORT"><h1>Hello</h1><p style="color:teal">from HTML<script>parent.document.title = 1; fetch("/api/messages", {method: "DELETE"})</script></p>',
  '--bb',
  'Content-Type: application/pdf; name="a b.pdf"',
  '',
  '%PDF',
  '--bb--',
  '',
].join('\r\n');

const program = installedBrowser();
/** A link opens a page of its own; no script, no form, not this site's origin. */
const shown = 'https://example.org/reset?token=1&x=2 _blank noopener noreferrer';
const links = 'allow-popups allow-popups-to-escape-sandbox';

test(`the page${program === undefined ? ': not applicable, no chromium is installed' : ' in Chromium'}`, async (t) => {
  if (program === undefined) return;
  const sink = await startSink({ smtp: loopback, http: loopback });
  t.after(() => sink.close());
  const spy = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  t.after(() => spy.close());
  await once(spy, 'listening');
  let spied = 0;
  spy.on('connection', () => spied++);
  const body = mail.replace('PORT', String((spy.address() as AddressInfo).port));
  await submit(sink.port(), { recipients: ['a@example.org', 'b@example.org'], body });
  for (let i = 0; i < 60; i++)
    await submit(sink.port(), { recipients: [`user${i}@example.org`], body: `Subject: number ${i}\r\n\r\ntext ${i}\r\n` });
  const page = await openPage(t, program);
  await page.resize(1280, 900, false);
  await page.goto(`http://127.0.0.1:${sink.port('http')}/`);
  await page.until('document.querySelectorAll("#messages button").length === 50');
  await page.value('document.querySelector("#more").click()');
  await page.until('document.querySelectorAll("#messages button").length === 61');
  assert.equal(await page.value('document.querySelector("#counts dd").textContent'), '61');

  await page.value('document.querySelector("[data-id=\'1\']").click()');
  await page.until('document.querySelector("#panel pre")?.textContent.includes("A café.")');
  assert.equal(await page.value('document.querySelector("#message h3").textContent'), '<img src=x onerror=document.title=1>');
  await page.value('[...document.querySelectorAll("[role=tab]")].find((tab) => tab.textContent === "Session").click()');
  assert.match(await page.value('document.querySelector("#panel pre").textContent'), /C: MAIL FROM/);
  await page.value('[...document.querySelectorAll("[role=tab]")].find((tab) => tab.textContent === "HTML").click()');
  await page.until('document.querySelector("#panel iframe")');
  assert.equal(await page.value('document.querySelector("#panel iframe").getAttribute("sandbox")'), links);

  await page.value('[...document.querySelectorAll("[role=tab]")].find((tab) => tab.textContent === "Header").click()');
  assert.match(await page.value('document.querySelector("#panel").textContent'), /X-Turned⟨U\+202E⟩gpj\.exe/);

  await linksAndSearch(page);
  await hugeText(page, sink);

  await page.value('document.querySelector("#rules").value = "# fine\\nrcpt * 250 ok"');
  await page.value('document.querySelector("#rules-form button").click()');
  await page.until('document.querySelector("#rules-said").textContent.startsWith("line 2:")');
  await page.value(
    'document.querySelector("#preset").value = "flaky"; document.querySelector("#preset").dispatchEvent(new Event("change"))',
  );
  await page.value('document.querySelector("#rules-form button").click()');
  await page.until('document.querySelector("#rules-said").textContent === "in force"');
  await page.until('document.querySelector("#chart-messages polyline")?.getAttribute("points").split(" ").length > 1');
  await picture(page, 'desk');

  await page.resize(390, 844, true);
  assert.equal(await page.value('document.documentElement.scrollWidth <= 390'), true, 'nothing sticks out on a phone');
  await picture(page, 'phone');
  assert.equal(await page.value('document.title'), 'tqmail sink', 'mail ran a script in the page');
  assert.equal(sink.report().kept.messages, 61, 'mail deleted mail');
  assert.equal(spied, 0, 'the sender of a mail learns that it is looked at');
  const own = page.complaints.filter((text) => !/sandboxed|Blocked script execution|422/.test(text));
  assert.deepEqual(own, []);
  const unnamed = `[...document.querySelectorAll('button,input,select,textarea')].filter((one) => !one.textContent && !one.labels?.length).length`;
  assert.equal(await page.value(unnamed), 0, 'every control has a name');
});

/** In the open message: links in both places, the attachment; then a search and what it would delete. */
async function linksAndSearch(page: PageView): Promise<void> {
  await page.value('[...document.querySelectorAll("[role=tab]")].find((tab) => tab.textContent === "Links").click()');
  const link = 'document.querySelector("#panel a")';
  assert.equal(await page.value(`${link}.href + " " + ${link}.target + " " + ${link}.rel`), shown);
  await page.value('[...document.querySelectorAll("[role=tab]")].find((tab) => tab.textContent === "Text").click()');
  assert.equal(await page.value(`${link}.href + " " + ${link}.target + " " + ${link}.rel`), shown);
  assert.equal(
    await page.value('document.querySelector("#message a[download=\'a b.pdf\']").getAttribute("href")'),
    '/api/messages/1/parts/2',
  );
  for (const [words, save] of [
    ['TEXT 59', '/api/mbox?q=TEXT+59'],
    ['to:User58 subject:"number 5" text', '/api/mbox?to=User58&subject=number+5&q=text'],
  ]) {
    await page.value(
      `document.querySelector("#search").value = '${words}'; document.querySelector("#search").dispatchEvent(new Event("input"))`,
    );
    await page.until('document.querySelector("#listed").textContent === "1 of 61 kept"');
    await page.until(`document.querySelector("#save").getAttribute("href") === "${save}"`);
  }
  assert.equal(await page.value('document.querySelector("#clear").textContent'), 'Delete found');
  await page.value(
    'document.querySelector("#search").value = ""; document.querySelector("#search").dispatchEvent(new Event("input"))',
  );
  await page.until('document.querySelector("#listed").textContent === "61 kept"');
}

/** Of a huge message the beginning is shown, and where the rest is. */
async function hugeText(page: PageView, sink: Sink): Promise<void> {
  await submit(sink.port(), { recipients: ['a@x'], body: `Subject: huge\r\n\r\n${'word word\r\n'.repeat(30_000)}` });
  await page.until('document.querySelector("#messages [data-id=\'62\']")');
  await page.value('document.querySelector("[data-id=\'62\']").click()');
  for (const tab of ['Text', 'Raw']) {
    await page.until('document.querySelector("#message h3").textContent === "huge"');
    await page.value(`[...document.querySelectorAll("[role=tab]")].find((tab) => tab.textContent === "${tab}").click()`);
    const all = `/api/messages/62/${tab.toLowerCase()}`;
    await page.until(`document.querySelector("#panel .empty a")?.getAttribute("href") === "${all}"`);
    assert.equal(await page.value('document.querySelector("#panel pre").textContent.length'), 262_144);
  }
  sink.clear({ subject: 'huge' });
}

/** For whoever wants to look: $TQMAIL_PICTURES names a folder. */
async function picture(page: { picture(): Promise<Buffer> }, name: string): Promise<void> {
  const folder = process.env.TQMAIL_PICTURES;
  if (folder !== undefined) writeFileSync(`${folder}/sink-${name}.png`, await page.picture());
}
