import type { ConsoleSettings } from '../config/console_setting'
import type { ConsoleAct, FormRoute } from '../console/act'
import { AuditTrail, readAudit } from '../console/audit'
import { consoleApp } from '../console/console'
import { Logins } from '../people/login'
import type { OpenIdLogins } from '../openid/provider'
import { hashPassword } from '../people/password'
import type { KnownPerson, People } from '../people/people_file'
import type { Policy } from '../people/person'
import { parsePolicy, policyOf } from '../people/policy'
import { answerPage } from '../console/page'
import { html } from '../reporting/html/markup'
import { ConsoleBrowser } from './console_browser'
import { FakeClock } from './fake_clock'
import { Scratch } from './scratch'

export const PASSWORD = 'correct horse'
const ENVIRONMENTS = ['test', 'production']

/** A console with two people, a page, a stream and an act of its own, on a folder of its own. */
export class ConsoleStand {
  readonly clock = new FakeClock()
  readonly scratch = new Scratch()
  readonly people = { content: new Map<string, KnownPerson>() as People | undefined }
  readonly policy: { content: Policy | undefined }
  readonly end = new AbortController()
  /** The acts that were carried out. */
  readonly done: string[] = []
  /** The signals of streams that were opened. */
  readonly streams: AbortSignal[] = []
  readonly refused: string[] = []
  readonly failed: unknown[] = []
  private readonly audit: AuditTrail

  constructor() {
    const rights = parsePolicy(
      'policy',
      'everybody may look in every environment\nanna may start in test',
      ENVIRONMENTS,
    )
    this.policy = { content: policyOf(rights) }
    this.audit = new AuditTrail(this.scratch.path, this.clock)
  }

  /** Adds people, each with a password of the same words. */
  async addPeople(...names: readonly string[]): Promise<this> {
    const people = new Map(this.people.content)
    for (const name of names)
      people.set(name, {
        name,
        groups: ['web'],
        password: await hashPassword(PASSWORD, { ln: 2, r: 1, p: 1 }),
      })
    this.people.content = people
    return this
  }

  /** Returns the app, as a process of `lockstep serve` has it: another call is another process on the same folder. */
  open({
    proxy,
    openid,
    people = this.people,
    acts = [],
    routes = [],
    ...settings
  }: Partial<Omit<ConsoleSettings, 'people' | 'openid'>> & {
    people?: { content: People | undefined }
    openid?: OpenIdLogins
    acts?: readonly ConsoleAct[]
    routes?: readonly FormRoute[]
  } = {}) {
    return consoleApp({
      settings: {
        origins: ['https://deploy.example.org'],
        sessionMs: 12 * 3_600_000,
        idleMs: 3_600_000,
        environments: ENVIRONMENTS,
        ...settings,
        proxy,
      },
      people: proxy?.user === undefined && openid === undefined ? people : undefined,
      openid,
      policy: this.policy,
      logins: new Logins(),
      audit: this.audit,
      state: this.scratch.path,
      browserKey: Buffer.alloc(32, 7),
      routes: [...this.routes(), ...routes],
      acts: [this.act(), ...acts],
      assets: [{ path: '/console.css', type: 'text/css', text: 'body {}' }],
      clock: this.clock,
      signal: this.end.signal,
      onRefused: (why) => this.refused.push(why),
      onProviderFault: (why) => this.refused.push(why),
      onFailure: (error) => this.failed.push(error),
    })
  }

  /** Returns a browser in which somebody is logged in. */
  async browserOf(name: string, app = this.open()): Promise<ConsoleBrowser> {
    const browser = new ConsoleBrowser(app)
    const { status } = await browser.logIn(name, PASSWORD)
    if (status !== 303) throw new Error(`the login of ${name} was answered with ${status}`)
    return browser
  }

  get audited() {
    return readAudit(this.scratch.path).events.map((recorded) => {
      const { at: _, ...event } = recorded
      return event
    })
  }

  async close(): Promise<void> {
    this.end.abort()
    await this.audit.close()
    this.scratch.remove()
  }

  private routes(): FormRoute[] {
    return [
      {
        path: '/',
        answer: ({ person }) => answerPage({ title: 'Start', person, body: html`for ${person.name}` }),
      },
      {
        path: '/hosts/:host',
        answer: ({ person, param, newForm }) =>
          answerPage({
            title: 'A host',
            person,
            body: html`<b>${param('host')}</b><input name="form" value="${newForm('/start')}" />`,
          }),
      },
      {
        path: '/forms/:path',
        answer: ({ person, param, newForm }) =>
          answerPage({
            title: 'A form',
            person,
            body: html`<input name="form" value="${newForm(`/${param('path')}`)}" />`,
          }),
      },
      {
        path: '/stream',
        answer: ({ signal }) => {
          this.streams.push(signal)
          const body = new ReadableStream<Uint8Array>({
            start: (own) => own.enqueue(Buffer.from(': open\n\n')),
          })
          return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
        },
      },
      { path: '/broken', answer: () => Promise.reject(new Error('a fault with a secret')) },
    ]
  }

  private act(): ConsoleAct {
    return {
      path: '/start',
      act: ({ person, may, refuse }) => {
        if (!may('start', 'test')) return refuse(`the policy does not allow ${person.name} to start in test`)
        this.done.push(person.name)
        return answerPage({ title: 'Started', person, body: html`started` })
      },
    }
  }
}
