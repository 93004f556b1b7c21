import type { Hono } from 'hono'
import * as v from 'valibot'
import { apiApp } from '../console/api/api_app'
import type { ApiRead } from '../console/api/api_route'
import type { ConsoleSettings } from '../config/console_setting'
import { personalAct, type ActOutcome, type PersonalAct } from '../console/personal_act'
import { AuditTrail, readAudit } from '../console/audit'
import { stampOf, type KnownPerson, type People } from '../people/people_file'
import type { Policy } from '../people/person'
import { parsePolicy, policyOf } from '../people/policy'
import { newToken, type KnownToken } from '../people/tokens_file'
import { FakeClock } from './fake_clock'
import { Scratch } from './scratch'

const ENVIRONMENTS = ['test', 'production']
const ANNA: KnownPerson = { name: 'anna', groups: ['web'], password: 'a hash' }
const ORIGIN = 'https://deploy.example.org'

/** An API with a path that reads and an act, and one person, on a folder of its own. */
export class ApiStand {
  readonly clock = new FakeClock()
  readonly scratch = new Scratch()
  readonly people: { content: People | undefined } = { content: new Map([['anna', ANNA]]) }
  readonly policy: { content: Policy | undefined }
  readonly tokens: { content: readonly KnownToken[] | undefined } = { content: [] }
  readonly refused: string[] = []
  readonly failed: unknown[] = []
  /** The acts that were performed. */
  readonly rung: string[] = []
  outcome: ActOutcome = { result: 'done', says: 'the bell rings', at: '/bells/1' }
  /** Resolves when an act may be over. */
  hold: () => Promise<void> = () => Promise.resolve()
  private readonly audit: AuditTrail

  constructor() {
    const rights = parsePolicy('policy', 'anna may look and start in every environment', ENVIRONMENTS)
    this.policy = { content: policyOf(rights) }
    this.audit = new AuditTrail(this.scratch.path, this.clock)
  }

  /** Returns the app, as a process of `lockstep serve` has it: another call is another process on the same folder. */
  open(
    settings: Partial<ConsoleSettings> = {},
    reads: readonly ApiRead[] = [this.read()],
    acts: readonly PersonalAct[] = [this.act()],
  ): Hono {
    return apiApp({
      settings: { origins: [ORIGIN], environments: ENVIRONMENTS, proxy: undefined, ...settings },
      people: settings.proxy?.user === undefined ? this.people : undefined,
      policy: this.policy,
      tokens: this.tokens,
      audit: this.audit,
      state: this.scratch.path,
      clock: this.clock,
      signal: new AbortController().signal,
      onRefused: (why) => this.refused.push(why),
      onFailure: (error) => this.failed.push(error),
      reads,
      acts,
      metrics: (sees, isWhole) => Promise.resolve(`${ENVIRONMENTS.filter(sees).join()} ${isWhole}\n`),
      version: '1.0',
    })
  }

  /** Makes a token of anna, and returns it. */
  add(more: Partial<KnownToken> = {}): string {
    const { token, hash } = newToken()
    const made: KnownToken = {
      person: 'anna',
      name: 'ci',
      hash,
      acts: ['look', 'start'],
      environments: ['test'],
      groups: null,
      stamp: stampOf(ANNA),
      madeAt: 0,
      expiresAt: 1_000_000,
      ...more,
    }
    this.tokens.content = [...(this.tokens.content ?? []), made]
    return token
  }

  get audited() {
    return readAudit(this.scratch.path).events.map((recorded) => {
      const { at: _, ...event } = recorded
      return event
    })
  }

  async close(): Promise<void> {
    await this.audit.close()
    this.scratch.remove()
  }

  private read(): ApiRead {
    return {
      name: 'get bell',
      path: '/bells/:environment',
      summary: 'A bell.',
      query: { from: 'where the page begins' },
      form: 'lockstep/bell/1',
      schema: v.strictObject({ bell: v.string() }),
      read: ({ may, param, query }) => {
        const bell = param('environment')
        if (bell === 'broken') return Promise.reject(new Error('a fault with a secret'))
        return Promise.resolve(
          may('look', bell)
            ? {
                pieces: ['{"bell":', JSON.stringify(bell), '}'],
                next: query['from'] === undefined ? { from: '1 &<' } : undefined,
              }
            : undefined,
        )
      },
    }
  }

  private act() {
    return personalAct({
      name: 'ring the bell',
      path: '/bells/:environment/ring',
      summary: 'Rings the bell.',
      schema: v.object({ times: v.pipe(v.string(), v.regex(/^[1-9]$/)), why: v.optional(v.string()) }),
      perform: async ({ person, may, param, note }, { times }) => {
        if (!may('start', param('environment')))
          return { result: 'refused', why: 'the policy does not allow it', status: 403 }
        if (this.outcome.result === 'done') await note(`${times} times`)
        await this.hold()
        this.rung.push(`${person.name}: ${times}`)
        return this.outcome
      },
    })
  }
}

/** A program with a token, as far as the API sees it. */
export function askApi(
  app: Hono,
  path: string,
  {
    token,
    method = 'GET',
    body,
    stream,
    headers = {},
    peer = '127.0.0.1',
  }: {
    token?: string | undefined
    method?: string
    body?: string | Buffer
    /** The body, where it comes bit by bit. */
    stream?: ReadableStream<Uint8Array>
    headers?: Readonly<Record<string, string>>
    peer?: string
  } = {},
): Promise<Response> {
  const own = {
    host: new URL(ORIGIN).host,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(method === 'POST'
      ? { 'content-type': 'application/json', 'idempotency-key': 'a-key-of-an-act' }
      : {}),
    ...headers,
  }
  const url = /^https?:/.test(path) ? path : `${ORIGIN}${path}`
  const sent = {
    method,
    headers: own,
    ...(stream !== undefined
      ? { body: stream, duplex: 'half' as const }
      : body === undefined
        ? {}
        : { body }),
  }
  return Promise.resolve(app.request(url, sent, { incoming: { socket: { remoteAddress: peer } } }))
}
