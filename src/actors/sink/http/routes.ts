/**
 * The table of the sink's HTTP interface: method and path to answer.
 * Reading and writing only; what is asked is done by the desk.
 */
import type { ServerResponse } from 'node:http';
import { sinkPresets } from '../../../protocol/sink/presets.js';
import type { Desk } from '../desk.js';
import type { KeptMessage } from '../kept.js';
import { receivedOf, summaryOf } from '../received.js';
import { rulesOf, SinkRulesError } from '../troubles.js';
import { calmed, viewOf } from '../view.js';
import { sendMbox } from './mbox.js';
import { metricsText } from './metrics.js';
import { page, pageHeaders } from './page.js';
import { sendPart } from './part.js';
import { matchOf, QueryMistake, wholeOf } from './query.js';
import { send, sendError, sendJson } from './send.js';
import type { Series } from './series.js';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer | undefined;
  /** The client has gone. */
  readonly gone: AbortSignal;
}

interface Here {
  readonly desk: Desk;
  readonly series: Series;
}

/** Numbers in the path. */
interface Named {
  readonly id: number | 'latest';
  readonly part: number;
}

type Route = (asked: Asked, here: Here, response: ServerResponse, named: Named) => void | Promise<void>;

const mostListed = 500;
const usualListed = 100;
const longestWaitMs = 600_000;
const plain = 'text/plain; charset=utf-8';
/** A message's own HTML: no script, no plugin, nothing fetched, no form sent, in a frame or alone. */
const htmlPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; base-uri 'none'; sandbox";
/** The same in the page's frame, where links open pages of their own. */
const viewPolicy = `${htmlPolicy} allow-popups allow-popups-to-escape-sandbox`;

const routes: Readonly<Record<string, Route>> = {
  'GET /': (_asked, _here, response) => send(response, 200, 'text/html; charset=utf-8', page, pageHeaders),
  'GET /healthz': (_asked, _here, response) => send(response, 200, plain, 'ok\n'),
  'GET /metrics': (_asked, { desk }, response) =>
    send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', metricsText(desk.report())),
  'GET /api/status': (_asked, { desk, series }, response) => sendJson(response, { ...desk.report(), series: series.all() }),
  'GET /api/messages': list,
  'DELETE /api/messages': ({ query }, { desk }, response) => sendJson(response, { deleted: desk.remove(matchOf(query)) }),
  'GET /api/messages/ID': withMessage((message, response) => sendJson(response, receivedOf(message))),
  'DELETE /api/messages/ID': withMessage((message, response, desk) =>
    sendJson(response, { deleted: desk.kept.remove(message.id) ? 1 : 0 }),
  ),
  'GET /api/messages/ID/raw': withMessage((message, response) =>
    send(response, 200, 'text/plain; charset=iso-8859-1', message.bytes, {
      'Content-Disposition': `inline; filename="${message.id}.eml"`,
    }),
  ),
  'GET /api/messages/ID/text': withMessage((message, response) => send(response, 200, plain, receivedOf(message).text)),
  'GET /api/messages/ID/html': withMessage((message, response) =>
    send(response, 200, 'text/html; charset=utf-8', calmed(receivedOf(message).html), { 'Content-Security-Policy': htmlPolicy }),
  ),
  'GET /api/messages/ID/view': withMessage((message, response) =>
    send(response, 200, 'text/html; charset=utf-8', viewOf(message), { 'Content-Security-Policy': viewPolicy }),
  ),
  'GET /api/messages/ID/parts/N': withMessage((message, response, _desk, part) => sendPart(response, message, part)),
  'GET /api/messages/ID/transcript': withMessage((message, response) =>
    send(response, 200, plain, `${receivedOf(message).transcript.join('\n')}\n`),
  ),
  'GET /api/mbox': ({ query, gone }, { desk }, response) => sendMbox(response, desk, matchOf(query), gone),
  'GET /api/wait': wait,
  'GET /api/rules': (_asked, { desk }, response) => send(response, 200, plain, desk.house.troubles.text),
  'PUT /api/rules': putRules,
  'GET /api/presets': (_asked, _here, response) => sendJson(response, sinkPresets),
};

export async function answer(asked: Asked, here: Here, response: ServerResponse): Promise<void> {
  const found = /^\/api\/messages\/(\d{1,15}|latest)(?:(\/[a-z]+)(?:\/(\d{1,3}))?)?$/.exec(asked.path);
  const [, id, what = '', part] = found ?? [];
  const path = found === null ? asked.path : `/api/messages/ID${what}${part === undefined ? '' : '/N'}`;
  const method = asked.method === 'HEAD' ? 'GET' : asked.method;
  const route = routes[`${method} ${path}`];
  if (route !== undefined)
    await obey(() => route(asked, here, response, { id: id === 'latest' ? id : Number(id), part: Number(part) }), response);
  else {
    const methods = Object.keys(routes).filter((name) => name.endsWith(` ${path}`));
    if (methods.length === 0) sendError(response, 404, `there is no ${asked.path}; docs/sink.md lists what there is`);
    else sendError(response, 405, `${asked.path} is for ${methods.map((name) => name.split(' ')[0]).join(', ')}`);
  }
}

async function obey(route: () => void | Promise<void>, response: ServerResponse): Promise<void> {
  try {
    await route();
  } catch (error) {
    if (!(error instanceof QueryMistake)) throw error;
    sendError(response, 400, error.message);
  }
}

function withMessage(then: (message: KeptMessage, response: ServerResponse, desk: Desk, part: number) => void): Route {
  return async ({ query }, { desk }, response, { id, part }) => {
    const message = id === 'latest' ? (await desk.search(matchOf(query))).at(-1) : desk.kept.get(id);
    if (message !== undefined) then(message, response, desk, part);
    else sendError(response, 404, id === 'latest' ? 'no such message is kept' : `message ${id} is not kept`);
  };
}

async function list({ query }: Asked, { desk }: Here, response: ServerResponse): Promise<void> {
  const limit = Math.min(mostListed, wholeOf(query, 'limit') ?? usualListed);
  const before = wholeOf(query, 'before') ?? Number.POSITIVE_INFINITY;
  const found = await desk.search(matchOf(query, ['before', 'limit']));
  const earlier = found.filter(({ id }) => id < before);
  const messages = earlier
    .slice(Math.max(0, earlier.length - limit))
    .reverse()
    .map(summaryOf);
  sendJson(response, { total: found.length, kept: desk.kept.count, last: desk.kept.last, messages });
}

async function wait({ query, gone }: Asked, { desk }: Here, response: ServerResponse): Promise<void> {
  if (desk.kept.limit === 0) {
    sendError(response, 409, 'this sink keeps no messages: start it with --keep MiB');
    return;
  }
  const match = matchOf(query, ['timeout']);
  const word = query.get('timeout') || '30';
  const seconds = /^\d{1,6}(?:\.\d{1,6})?$/.test(word) ? Number(word) : Number.NaN;
  if (!(seconds * 1000 <= longestWaitMs)) {
    throw new QueryMistake(`timeout is a number of seconds up to ${longestWaitMs / 1000}, not "${word}"`);
  }
  const message = await desk.waiters.wait(match, seconds * 1000, gone);
  if (message === undefined) sendError(response, 408, `no such message within ${seconds} s`, { last: desk.kept.last });
  else sendJson(response, receivedOf(message));
}

async function putRules({ body }: Asked, { desk }: Here, response: ServerResponse): Promise<void> {
  try {
    await desk.setRules(body === undefined ? '' : rulesOf(body));
    sendJson(response, { rules: desk.house.troubles.text });
  } catch (error) {
    if (!(error instanceof SinkRulesError)) throw error;
    sendError(response, 422, error.message, { line: error.line, reason: error.reason });
  }
}
