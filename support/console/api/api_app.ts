import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { ConsoleSettings } from '../../config/console_setting'
import type { People } from '../../people/people_file'
import type { Act, Person, Policy } from '../../people/person'
import { findToken, personOfToken, type KnownToken } from '../../people/tokens_file'
import type { Clock } from '../../system/clock'
import type { AuditTrail } from '../audit'
import { askedOf } from '../asked'
import type { Fresh } from '../console_options'
import { addressOf, ANSWER_HEADERS, isOwnHost, MAX_FORM_BYTES, MAX_URL } from '../guard'
import { OpenStreams } from '../open_streams'
import type { ActOutcome, PersonalAct } from '../personal_act'
import { EVENT_HEADERS } from '../route'
import { CODES, PREFIX, type ApiRead, type ApiRefusal, type ApiRequest } from './api_route'
import { parseFlatJson } from './flat_json'
import { describeApi } from './openapi'
import { SentOnce, type ActDone } from './sent_once'
import { WrongTokens } from './wrong_tokens'

/** What an API answers. */
export interface ApiContent {
  reads: readonly ApiRead[]
  acts: readonly PersonalAct[]
  /** Resolves with the numbers for Prometheus, of the environments that a token may look at. */
  metrics: (sees: (environment: string) => boolean, isWhole: boolean) => Promise<string>
  /** The version of Lockstep. */
  version: string
}

export interface ApiOptions extends ApiContent {
  settings: Pick<ConsoleSettings, 'origins' | 'proxy' | 'environments'>
  /** The people of the file; undefined where a proxy names them. */
  people: Fresh<People> | undefined
  policy: Fresh<Policy>
  tokens: Fresh<readonly KnownToken[]>
  audit: Pick<AuditTrail, 'append' | 'refuse'>
  /** The folder of the state, as an absolute path. */
  state: string
  clock: Clock
  /** Aborted when the process is to end. */
  signal: AbortSignal
  onRefused: (why: string) => void
  onFailure: (error: unknown) => void
}

/** The most requests that read at a time; further ones are told to come again. */
const MAX_READS = 8
/** The most bytes of an answer. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024
/** The characters of an answer that are made before others have their turn. */
const IN_TURN = 256 * 1024
const MAX_ASKED = 255

/** Returns whether a path is one of the API, and none of the pages. */
export function isApiPath(path: string): boolean {
  return /^\/(?:api|metrics)(?:\/|$)/.test(path)
}

/** The API of `lockstep serve`, as an app: it knows a program by its token alone, and answers no one else. */
export function apiApp(options: ApiOptions): Hono {
  return new Api(options).app
}

/** A program that is known by its token. */
interface Known {
  token: KnownToken
  person: Person
  may: (act: Act, environment: string) => boolean
}

class Api {
  readonly app = new Hono()
  private readonly sent: SentOnce
  private readonly wrong: WrongTokens
  private readonly streams: OpenStreams
  private readonly paths: { matches: RegExp; allow: string }[] = []
  private reading = 0

  constructor(private readonly options: ApiOptions) {
    const { state, clock, reads, acts, version, onFailure } = options
    this.sent = new SentOnce(state, clock)
    this.wrong = new WrongTokens(clock)
    this.streams = new OpenStreams(clock, options.signal)
    this.app.use('*', async (context, next) => {
      await next()
      for (const [name, value] of Object.entries(ANSWER_HEADERS)) context.res.headers.set(name, value)
    })
    const description = JSON.stringify(describeApi(reads, acts, version))
    this.get(`${PREFIX}/openapi.json`, () => json(200, description))
    this.get('/metrics', async (_, { may }) => {
      const { environments } = options.settings
      const isWhole = environments.length > 0 && environments.every((each) => may('look', each))
      const text = await options.metrics((environment) => may('look', environment), isWhole)
      return new Response(text, { headers: { 'content-type': METRICS_TYPE } })
    })
    for (const route of reads)
      this.get(PREFIX + route.path, (context, known) => this.read(context, known, route))
    for (const act of acts) {
      this.paths.push({ matches: matcherOf(PREFIX + act.path), allow: 'POST' })
      this.app.post(PREFIX + act.path, async (context) => {
        const known = await this.admit(context)
        return known instanceof Response ? known : this.act(context, known, act)
      })
    }
    this.app.all('*', (context) => this.answerNothing(context))
    this.app.onError((error) => {
      onFailure(error)
      return refusal({
        status: 500,
        sentence: 'this could not be answered; the log of lockstep serve says why',
      })
    })
  }

  /** Adds a path that only reads, for those whose token is good. */
  private get(path: string, answer: (context: Context, known: Known) => Response | Promise<Response>): void {
    this.paths.push({ matches: matcherOf(path), allow: 'GET, HEAD' })
    this.app.get(path, async (context) => {
      const known = await this.admit(context)
      if (known instanceof Response) return known
      if (this.reading >= MAX_READS) return this.refuse(BUSY)
      this.reading += 1
      try {
        return await answer(context, known)
      } finally {
        this.reading -= 1
      }
    })
  }

  private async read(context: Context, known: Known, route: ApiRead): Promise<Response> {
    const query = queryOf(new URL(context.req.url), route)
    if (query === undefined)
      return this.refuse({ status: 422, sentence: `the query is not right; expected ${wordsOf(route)}` })
    if (route.stream !== undefined && EVENTS.test(context.req.header('accept') ?? ''))
      return this.follow(context, known, { query, stream: route.stream })
    const answer = await route.read({ ...this.requestOf(context, known), query })
    if (answer === undefined) return this.refuse(NOT_THERE)
    if ('status' in answer) return this.refuse(answer)
    const text = await gather(answer.pieces)
    if (text === undefined)
      return this.refuse({
        status: 503,
        sentence: `the answer is longer than ${MAX_ANSWER_BYTES} bytes; ask for less of it`,
      })
    const response = json(200, text)
    if (answer.next !== undefined) {
      const values = Object.entries(answer.next).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, value]],
      )
      const { pathname } = new URL(context.req.url)
      response.headers.set('link', `<${pathname}?${new URLSearchParams(values).toString()}>; rel="next"`)
    }
    return response
  }

  /** Answers with what is new, until the program goes, or its token is not good any more. */
  private async follow(
    context: Context,
    known: Known,
    { query, stream }: Required<Pick<ApiRead, 'stream'>> & Pick<ApiRequest, 'query'>,
  ): Promise<Response> {
    let isGood = () => true
    const open = this.streams.add(known.token.hash, () => isGood())
    const leave = () => open.end.abort()
    context.req.raw.signal.addEventListener('abort', leave, { once: true })
    const request = { ...this.requestOf(context, known), query, signal: open.end.signal }
    let follows = false
    try {
      const answer = await stream({ ...request, lastEventId: context.req.header('last-event-id') })
      if (answer === undefined) return this.refuse(NOT_THERE)
      if ('status' in answer) return this.refuse(answer)
      if (context.req.raw.method === 'HEAD') {
        await answer.body.cancel()
        return new Response(null, { headers: EVENT_HEADERS })
      }
      isGood = answer.isGood
      follows = true
      return this.streams.follow(open, new Response(answer.body, { headers: EVENT_HEADERS }))
    } finally {
      if (!follows) {
        this.streams.remove(open)
        context.req.raw.signal.removeEventListener('abort', leave)
      }
    }
  }

  /** Performs an act of a token, once for each key. */
  private async act(context: Context, known: Known, act: PersonalAct): Promise<Response> {
    const refuse = (why: ApiRefusal) => this.refuseAct(context, known, why)
    if (!/^application\/json(?:; *charset=utf-8)?$/i.test(context.req.header('content-type') ?? ''))
      return refuse({ status: 415, sentence: 'expected the content type application/json' })
    if (new URL(context.req.url).search !== '')
      return refuse({ status: 422, sentence: 'an act takes no query; expected its fields in the body' })
    const body = await readText(context.req.raw)
    if (typeof body !== 'string') return refuse(body)
    const parsed = parseFlatJson(body)
    if ('fault' in parsed) return refuse({ status: 400, sentence: parsed.fault })
    const { fields } = parsed
    if (hasUnknownField(act, fields))
      return refuse({ status: 422, sentence: 'the body has a field that this act does not have' })
    const request = JSON.stringify([
      context.req.path,
      Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1)),
    ])
    const begun = this.sent.begin(known.token.hash, context.req.header('idempotency-key') ?? '', request)
    if (begun.is === 'refused') return refuse(begun)
    if (begun.is === 'done') return done(begun.done, true)
    const outcome = await this.perform(context, known, act, fields)
    if (outcome.result === 'refused') {
      begun.end(undefined)
      return refuse({ status: outcome.status, sentence: outcome.why })
    }
    begun.end({ says: outcome.says, at: outcome.at })
    return done(outcome, false)
  }

  private perform(
    context: Context,
    known: Known,
    act: PersonalAct,
    fields: Readonly<Record<string, string>>,
  ): Promise<ActOutcome> {
    const { person, may, param, signal } = this.requestOf(context, known)
    const note = (what: string) =>
      this.options.audit.append({
        type: 'acted',
        person: person.name,
        address: this.addressOf(context),
        act: act.name,
        what,
        through: throughOf(known),
      })
    return act.perform({ person, may, param, fields, note, signal })
  }

  private requestOf(context: Context, { person, may }: Known): Omit<ApiRequest, 'query'> {
    return {
      person,
      may,
      param: (name) => context.req.param(name) ?? '',
      signal: AbortSignal.any([context.req.raw.signal, this.options.signal]),
    }
  }

  /** Returns who asks, or the answer to somebody without a token that is good. */
  private async admit(context: Context): Promise<Known | Response> {
    const { settings, people, policy, tokens } = this.options
    const asked = askedOf(context)
    // No one but the proxy may say where somebody comes from.
    if (settings.proxy !== undefined && !settings.proxy.from.includes(asked.peer ?? ''))
      return this.refuse({ status: 403, sentence: 'the API is there through the proxy alone' })
    if (!isOwnHost(asked, settings))
      return this.refuse({ status: 421, sentence: 'this is no name of the console' })
    if (asked.url.length > MAX_URL) return this.refuse({ status: 414, sentence: 'the address is too long' })
    const [, sent] = /^Bearer ([\w-]{1,200})$/i.exec(context.req.header('authorization') ?? '') ?? []
    const notKnown =
      tokens.content === undefined
        ? 'the file of tokens is not right'
        : people !== undefined && people.content === undefined
          ? 'the file of people is not right'
          : undefined
    const token = sent === undefined ? undefined : findToken(tokens.content ?? [], sent)
    const person =
      token === undefined || notKnown !== undefined
        ? undefined
        : personOfToken(token, people?.content, this.options.clock.now())
    if (token === undefined || person === undefined) return this.turnAway(context, sent, notKnown)
    const rules = policy.content
    if (rules === undefined)
      return this.refuse({ status: 503, sentence: 'the policy is not right, so no one may do anything' })
    const may = (act: Act, environment: string) => {
      // It may be removed, or be over, since the request began: its body can be long on its way.
      const now = this.personNow(sent)
      return (
        now !== undefined &&
        token.acts.includes(act) &&
        (token.environments === null || token.environments.includes(environment)) &&
        this.options.policy.content?.allows(now, act, environment) === true
      )
    }
    return { token, person, may }
  }

  /** Returns whose token it is, as both are at this moment. */
  private personNow(sent: string | undefined): Person | undefined {
    const { people, tokens, clock } = this.options
    const token = sent === undefined ? undefined : findToken(tokens.content ?? [], sent)
    if (token === undefined || (people !== undefined && people.content === undefined)) return undefined
    return personOfToken(token, people?.content, clock.now())
  }

  /** Answers a stranger, always in the same words. */
  private async turnAway(
    context: Context,
    sent: string | undefined,
    notKnown: string | undefined,
  ): Promise<Response> {
    const address = this.addressOf(context)
    if (sent !== undefined && this.wrong.add(address)) {
      const why = notKnown ?? 'the token is not known, or it is over'
      await this.options.audit.refuse({ type: 'token refused', address, why })
    }
    const answer = this.refuse(NO_TOKEN)
    answer.headers.set('www-authenticate', 'Bearer')
    return answer
  }

  private async answerNothing(context: Context): Promise<Response> {
    const known = await this.admit(context)
    if (known instanceof Response) return known
    const there = this.paths.find(({ matches }) => matches.test(context.req.path))
    if (there === undefined) return this.refuse(NOT_THERE)
    const answer = this.refuse({ status: 405, sentence: `this path takes ${there.allow} alone` })
    answer.headers.set('allow', there.allow)
    return answer
  }

  private async refuseAct(context: Context, known: Known, why: ApiRefusal): Promise<Response> {
    const address = this.addressOf(context)
    const person = known.person.name
    const through = throughOf(known)
    await this.options.audit.refuse({ type: 'act refused', person, address, why: why.sentence, through })
    return this.refuse(why)
  }

  private refuse(why: ApiRefusal): Response {
    this.options.onRefused(`${why.status} for the API: ${why.sentence}`)
    return refusal(why)
  }

  private addressOf(context: Context): string {
    return addressOf(askedOf(context), this.options.settings)
  }
}

/** What a program accepts that wants events. */
const EVENTS = /\btext\/event-stream\b/i
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
const NO_TOKEN: ApiRefusal = {
  status: 401,
  sentence: 'expected the header Authorization: Bearer, with a token that is good',
}
const BUSY: ApiRefusal = {
  status: 503,
  sentence: 'too many requests at a time; come again',
  retryAfterS: 1,
}
const NOT_THERE: ApiRefusal = {
  status: 404,
  sentence: 'there is nothing at this path that this token may look at',
}

function throughOf({ token }: Known): string {
  return `token ${token.name}`
}

function json(status: number, text: string): Response {
  return new Response(text, { status, headers: { 'content-type': 'application/json; charset=utf-8' } })
}

function refusal({ status, sentence, retryAfterS }: ApiRefusal): Response {
  const answer = json(status, `${JSON.stringify({ error: { code: CODES[status], sentence } })}\n`)
  if (retryAfterS !== undefined) answer.headers.set('retry-after', String(retryAfterS))
  return answer
}

function done({ says, at }: ActDone, isAgain: boolean): Response {
  const answer = json(200, `${JSON.stringify({ schema: 'lockstep/act/1', says, at })}\n`)
  if (isAgain) answer.headers.set('idempotency-replayed', 'true')
  return answer
}

/** Returns the values of a query; undefined where a name is not known, comes twice, or has a value that is too long. */
function queryOf({ searchParams }: URL, { query }: ApiRead): Record<string, string> | undefined {
  const all = [...searchParams]
  const isRight = all.every(([name, value]) => Object.hasOwn(query, name) && value.length <= MAX_ASKED)
  return isRight && new Set(all.map(([name]) => name)).size === all.length
    ? Object.fromEntries(all)
    : undefined
}

function wordsOf({ query }: ApiRead): string {
  const names = Object.keys(query)
  return names.length === 0 ? 'none' : `each of ${names.join(', ')} once at the most`
}

/** Returns whether a field has a name that the form of an act does not have; such a one would be passed over in silence. */
function hasUnknownField({ schema }: PersonalAct, fields: Readonly<Record<string, string>>): boolean {
  const { type, entries } = schema as v.GenericSchema & { entries?: unknown }
  const isClosed = type === 'object' || type === 'strict_object'
  return (
    isClosed &&
    typeof entries === 'object' &&
    entries !== null &&
    Object.keys(fields).some((name) => !Object.hasOwn(entries, name))
  )
}

/** Reads a body within a bound, as UTF-8 and nothing else. */
async function readText({ body }: Pick<Request, 'body'>): Promise<string | ApiRefusal> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of body ?? []) {
      bytes += chunk.length
      if (bytes > MAX_FORM_BYTES)
        return { status: 413, sentence: `the body is longer than ${MAX_FORM_BYTES} bytes` }
      chunks.push(chunk)
    }
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch {
    return { status: 400, sentence: 'the body is cut off, or no UTF-8' }
  }
}

/** Joins the pieces of an answer, with turns for others in between; undefined where they are too long. */
async function gather(pieces: Iterable<string>): Promise<string | undefined> {
  const texts: string[] = []
  let [length, since] = [0, 0]
  for (const piece of pieces) {
    texts.push(piece)
    length += piece.length
    since += piece.length
    if (length > MAX_ANSWER_BYTES) return undefined
    if (since < IN_TURN) continue
    since = 0
    await new Promise((resolve) => setImmediate(resolve))
  }
  return texts.join('')
}

function matcherOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}$`)
}
