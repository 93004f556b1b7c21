import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { readAudit } from '../../console/audit'
import { readStarts } from '../../starts/start_journal'
import { StartState, type Start } from '../../starts/start_state'
import { compiledCopy } from '../compiled_copy'
import { ConsoleBrowser, tokenIn } from '../console_browser'
import { EventReader } from '../event_reader'
import { LiveRollout } from '../live_rollout'
import { TEST_CERTIFICATE, TEST_KEY } from '../test_certificate'
import { startHaproxy, type RealHaproxy } from './haproxy'
import { httpsClient } from './https_client'
import { freePort, start, untilReady, type Running } from './processes'

const COMPILED = compiledCopy()
const LOCKSTEP = join(COMPILED, 'support', 'bin', 'lockstep.cjs')
const PASSWORD = 'Quagga-zebra-okapi-7'
const WITHIN_MS = 240_000
const VERSION = '4.2.6-3.el5'
const NAMES = ['a', 'b'] as const
const POLICY = `everybody may look in every environment
anna may plan, start and approve in test
bert may approve in test
`
/** Asks hosts, and changes none. */
const QUIET = `Feature: The website answers
  Background:
    Given I want to update hosts with class roles::dev_server
    And I want to pre-discover how many hosts to update
  Scenario: All at once
    Given I wait up to 10 minutes for approval
    Then every host should answer
`

/** An answer, with its body read. A connection that was cut has the status 0. */
interface Answer {
  status: number
  text: string
}

describe('the consoles of two lockstep serve behind one HAProxy with TLS', function () {
  this.timeout(900_000)
  let live: LiveRollout
  let haproxy: RealHaproxy | undefined
  let origin: string
  let token: string
  let anna: ConsoleBrowser
  let bert: ConsoleBrowser
  const ports: number[] = []
  const serving: (Running | undefined)[] = []
  const running: Running[] = []

  const at = (...names: string[]) => join(live.scratch.path, ...names)
  const places = (index = 0) => ['--config', at(`${NAMES[index]}.yaml`), '--state', at('state')]
  const env = () => ({ LOCKSTEP_LOCKS: at('locks'), LOCKSTEP_REPORTS: at('reports') })
  const lockstep = (words: readonly string[], input = '') =>
    execFileSync(process.execPath, [LOCKSTEP, ...words, ...places()], {
      input,
      encoding: 'utf8',
      env: { ...process.env, ...env() },
      cwd: live.scratch.path,
      stdio: 'pipe',
    })
  const starts = (): readonly Start[] => {
    const { events, faults } = readStarts(at('state'))
    expect(faults).to.deep.equal([])
    return StartState.of(events).starts
  }
  const last = () => starts().at(-1) ?? expect.fail('nothing was started')
  const begun = () => readStarts(at('state')).events.filter(({ type }) => type === 'rollout begun').length
  const runs = () => {
    try {
      return readdirSync(at('state', 'live')).map((name) => name.replace('.journal.ndjson', ''))
    } catch {
      return []
    }
  }
  const journal = (run: string) => readFileSync(at('state', 'live', `${run}.journal.ndjson`), 'utf8')
  const count = (run: string, said: string) => journal(run).split(said).length - 1

  before(async () => {
    live = await LiveRollout.prepare('')
    const port = await freePort()
    origin = `https://127.0.0.1:${port}`
    const environments = readFileSync(at('lockstep.yaml'), 'utf8')
    const console = `console:
  people: people.yaml
  policy: policy.txt
  features: [features/*.feature]
  address: ${origin}
  proxy: { from: [127.0.0.1] }
`
    for (const name of NAMES) {
      const own = await freePort()
      ports.push(own)
      live.scratch.write(`${name}.yaml`, `${environments}pipeline: { listen: { port: ${own} } }\n${console}`)
    }
    live.scratch.write('policy.txt', POLICY)
    const profiles = join(COMPILED, 'support', 'cucumber', 'profiles')
    live.scratch.write('cucumber.js', `module.exports = require(${JSON.stringify(profiles)}).profiles()\n`)
    const rolling = readFileSync(at('rolling.feature'), 'utf8')
      .replaceAll(VERSION, '<version>')
      .replace(/(?: +\| 25% +\|\n)+/, '            | 50% |\n')
      .replace(/(Given I take <wave>\n)/, '$1        And I wait up to 10 minutes for approval\n')
    live.scratch.write(join('features', 'website.feature'), rolling)
    live.scratch.write(join('features', 'quiet.feature'), QUIET)
    live.scratch.write('terminal.feature', QUIET)
    for (const name of ['anna', 'bert']) lockstep(['user', 'add', name], `${PASSWORD}\n`)
    const rights = ['--may', 'look', '--in', 'every environment', '--days', '1']
    token = lockstep(['user', 'add-token', 'anna', '--name', 'ci', ...rights]).trim()
    await serve(0)
    await serve(1)
    await active()
    haproxy = await startHaproxy(live.scratch, {
      backend: 'lockstep',
      check: '/healthz',
      tls: { port, pem: live.scratch.write('haproxy.pem', `${TEST_CERTIFICATE}${TEST_KEY}`) },
      servers: ports.map((own, index) => ({ name: `serve${index}`, port: own })),
    })
    anna = await logIn('anna')
    bert = await logIn('bert')
  })
  after(async () => {
    await haproxy?.stop()
    for (const one of [...serving, ...running]) await one?.stop('SIGKILL')
    await live?.stop()
  })

  const health = (port: number) =>
    fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ status }) => status,
      () => 0,
    )

  async function serve(index: number): Promise<void> {
    const args = [LOCKSTEP, 'serve', '--standby', ...places(index)]
    const own = start(process.execPath, args, at(`serve-${NAMES[index]}.log`), env())
    serving[index] = own
    await untilReady('lockstep serve', own, async () => (await health(ports[index] ?? 0)) > 0, WITHIN_MS)
  }

  async function active(): Promise<number> {
    for (;;) {
      const answers = await Promise.all(ports.map(health))
      expect(answers, 'both serve at once').not.to.deep.equal([200, 200])
      const index = answers.indexOf(200)
      if (index >= 0) return index
      await pause()
    }
  }

  /** Kills the one that serves, and resolves once the other one does. The one that was killed is started again to wait. */
  async function killTheOneThatServes(): Promise<void> {
    const index = await active()
    await serving[index]?.stop('SIGKILL')
    expect(await active(), 'the other one takes over').to.equal(1 - index)
    await serve(index)
  }

  const newBrowser = () => new ConsoleBrowser(httpsClient(TEST_CERTIFICATE), origin)

  async function logIn(name: string): Promise<ConsoleBrowser> {
    const browser = newBrowser()
    // HAProxy may not have seen yet which one serves.
    await until('the page of the login is there', async () => (await get(browser, '/login')).status === 200)
    const answer = await browser.logIn(name, PASSWORD)
    expect(answer.status, await answer.text()).to.equal(303)
    return browser
  }

  async function get(browser: ConsoleBrowser, path: string): Promise<Answer> {
    return read(browser.ask(path))
  }

  /** Sends a form, once. */
  function send(browser: ConsoleBrowser, path: string, fields: Record<string, string>): Promise<Answer> {
    const body = new URLSearchParams(fields).toString()
    return read(browser.ask(path, { method: 'POST', body }))
  }

  /** Sends a form again as long as none took it, as a person does who gets a page of HAProxy. */
  async function sendUntilTaken(browser: ConsoleBrowser, path: string, fields: Record<string, string>) {
    for (;;) {
      const answer = await send(browser, path, fields)
      if (answer.status !== 503) return answer
      await pause()
    }
  }

  /** Resolves with a page once it says something. */
  async function says(browser: ConsoleBrowser, path: string, text: RegExp): Promise<string> {
    let seen: Answer | undefined
    try {
      await until('it is shown', async () => {
        seen = await get(browser, path)
        // 0, 502 and 503 come while no one serves, or HAProxy has not seen yet who does.
        expect(seen.status, seen.text).to.be.oneOf([0, 200, 502, 503])
        return seen.status === 200 && text.test(seen.text)
      })
    } catch (error) {
      throw new Error(`${path} does not say ${text.source}; ${seen?.status}: ${seen?.text}`, { cause: error })
    }
    return seen?.text ?? ''
  }

  async function plan(feature: string, values: Record<string, string>): Promise<Start> {
    const before = starts().length
    const form = await says(anna, `/start?feature=${encodeURIComponent(feature)}&environment=test`, /<form/)
    const fields = { form: formTo(form, '/starts'), feature, environment: 'test', ...values }
    expect((await send(anna, '/starts', fields)).status).to.equal(303)
    await until('it is taken down', async () => starts().length === before + 1)
    const { id } = last()
    const page = await says(anna, `/starts/${id}`, /✔ Plan|✘/)
    expect(page).to.match(/✔ Plan/)
    return last()
  }

  async function formOf(browser: ConsoleBrowser, { id, steps }: Start, act: string) {
    const page = await says(browser, `/starts/${id}`, new RegExp(`action="/starts/${id}/${act}"`))
    return {
      form: formTo(page, `/starts/${id}/${act}`),
      plan: steps.find(({ name }) => name === 'plan')?.ended?.plan ?? '',
    }
  }

  /** Resolves with the path and the form of the gate at which a run waits, once it has come to its nth one. */
  async function gateOf(run: string, number: number) {
    await until('a gate waits', async () => count(run, '"type":"gate waits"') >= number)
    const gate = [...journal(run).matchAll(/"type":"gate waits"[^\n]*?"gate":"([^"]+)"/g)].at(-1)?.[1] ?? ''
    const path = `/rollouts/${run}/gates/${encodeURIComponent(gate)}`
    return { path, form: formTo(await says(bert, path, /value="approve"/), path) }
  }

  const ended = (start: Start) => starts().find(({ id }) => id === start.id)?.rollout?.ended

  it('carry a start on where the one that serves is killed: the same people, the same pages, one rollout', async () => {
    const planned = await plan('features/website.feature', { 'value.version': VERSION })
    // A form of the one that serves first is sent to the other one.
    const approval = await formOf(bert, planned, 'approve')
    await killTheOneThatServes()
    const approved = await sendUntilTaken(bert, `/starts/${planned.id}/approve`, approval)
    expect(approved.status, approved.text).to.equal(303)
    expectSentBefore(await send(bert, `/starts/${planned.id}/approve`, approval))

    const begin = await formOf(anna, planned, 'roll-out')
    const answer = await send(anna, `/starts/${planned.id}/roll-out`, begin)
    expect(answer.status, answer.text).to.equal(303)
    const run = last().rollout?.run ?? expect.fail('no rollout was begun')
    await until('the rollout has a journal', async () => runs().includes(run))
    const page = new Listener(anna, `/rollouts/${run}/events`)
    const program = new Listener(newBrowser(), `/api/v1/rollouts/${run}/events`, {
      authorization: `Bearer ${token}`,
    })

    const first = await gateOf(run, 1)
    await until('both streams are live', async () => page.heard > 0 && program.heard > 0)
    await killTheOneThatServes()
    await says(anna, `/rollouts/${run}`, /UNDER WAY[\s\S]*waits for approval/)
    await says(bert, `/starts/${planned.id}`, /begun by anna[\s\S]*is under way/)
    // The gate's page was one of the other lockstep serve as well.
    await approveGate(first)
    // In the midst of a wave.
    await until('a host is in the midst of it', async () => count(run, '"type":"opened"') > 0)
    await killTheOneThatServes()
    await approveGate(await gateOf(run, 2))
    await approveGate(await gateOf(run, 3))
    await says(bert, `/starts/${planned.id}`, /✔ PASSED/)
    await says(bert, `/rollouts/${run}`, /class="[^"]*verdict[^"]*"[^>]*>[^<]*PASSED/)

    await until('both streams are over', async () => page.isOver && program.isOver)
    expect(page.connections).to.be.greaterThan(1)
    expect(program.connections).to.be.greaterThan(1)
    const anew = new Listener(newBrowser(), `/api/v1/rollouts/${run}/events`, {
      authorization: `Bearer ${token}`,
    })
    const shown = new Listener(bert, `/rollouts/${run}/events`)
    await until('both are read anew', async () => anew.isOver && shown.isOver)
    expect(program.events).to.deep.equal(anew.events)
    expect(new Set(program.events).size).to.equal(program.events.length)
    // The first line of a journal is no event.
    expect(program.events.length).to.equal(journal(run).trimEnd().split('\n').length - 1)
    expect([...page.parts]).to.deep.equal([...shown.parts])
    expect(new Set(page.events).size, 'no change comes twice').to.equal(page.events.length)

    expect(ended(planned)).to.include({ result: 'succeeded', verdict: 'PASSED' })
    expect([runs(), begun(), count(run, '"type":"gate waits"')]).to.deep.equal([[run], 1, 3])
    const updated = live.fleet.hosts.flatMap(({ performed }) => performed.get('package update') ?? [])
    expect(updated).to.deep.equal(Array(8).fill(1))
    expectSentBefore(await send(anna, `/starts/${planned.id}/roll-out`, begin))
  })

  async function approveGate({ path, form }: { path: string; form: string }): Promise<void> {
    const { status, text } = await sendUntilTaken(bert, path, { form, answer: 'approve' })
    expect(status, text).to.equal(303)
  }

  it('show a rollout of a terminal, also the one that takes over in its midst', async () => {
    const before = new Set(runs())
    const words = ['run', at('terminal.feature'), '--environment', 'test', ...places()]
    const rollout = start(process.execPath, [LOCKSTEP, ...words], at('terminal.log'), {
      ...env(),
      LOCKSTEP_APPROVAL: 'console',
    })
    running.push(rollout)
    const own = () => runs().find((run) => !before.has(run))
    await untilReady('a rollout', rollout, async () => own() !== undefined, WITHIN_MS)
    const run = own() ?? ''
    const gate = await gateOf(run, 1)
    await says(anna, '/rollouts', new RegExp(`UNDER WAY</span> <a href="/rollouts/${run}"`))
    await killTheOneThatServes()
    await says(anna, '/rollouts', new RegExp(`UNDER WAY</span> <a href="/rollouts/${run}"`))
    await approveGate(gate)
    await says(anna, `/rollouts/${run}`, /class="[^"]*verdict[^"]*"[^>]*>[^<]*PASSED/)
    expect(count(run, '"type":"gate waits"')).to.equal(1)
  })

  it('begin a rollout once at the most where each is killed behind what was just said', async () => {
    const planned = await plan('features/quiet.feature', {})
    const [journals, before] = [runs().length, begun()]
    const approval = await formOf(bert, planned, 'approve')
    expect((await send(bert, `/starts/${planned.id}/approve`, approval)).status).to.equal(303)
    const index = await active()
    await serving[index]?.stop('SIGKILL')
    await active()
    await serve(index)
    const begin = await formOf(anna, planned, 'roll-out')
    const answered = send(anna, `/starts/${planned.id}/roll-out`, begin)
    while (begun() === before) await new Promise((resolve) => setImmediate(resolve))
    await killTheOneThatServes()
    expect((await answered).status).to.be.oneOf([0, 303, 502])
    // The answer may be lost on its way, and the person sends the form again.
    expectSentBefore(await sendUntilTaken(anna, `/starts/${planned.id}/roll-out`, begin))
    const run = last().rollout?.run ?? ''
    await until('it is begun, or said not to be', async () => {
      return ended(planned) !== undefined || (runs().includes(run) && count(run, '"type":"gate waits"') === 1)
    })
    if (ended(planned) === undefined) {
      await approveGate(await gateOf(run, 1))
      await says(bert, `/starts/${planned.id}`, /✔ PASSED/)
      expect(ended(planned)).to.include({ result: 'succeeded', verdict: 'PASSED' })
    } else expect(ended(planned)?.why).to.match(/^it did not begin/)
    expect(runs().length - journals).to.equal(ended(planned)?.result === 'succeeded' ? 1 : 0)
    expect(begun() - before).to.equal(1)
  })

  it('know people by the cookies of one origin, say who did what, and have told no trace of a fault', async () => {
    expect([...anna.cookies.keys()]).to.include('__Host-lockstep-session')
    expect(anna.set.every((cookie) => /; ?Secure/i.test(cookie))).to.equal(true)
    const elsewhere = await read(
      anna.ask('/logout', {
        method: 'POST',
        body: 'form=x',
        headers: { origin: 'https://elsewhere.example' },
      }),
    )
    expect(elsewhere.text).to.match(/page of another origin/)
    expect(elsewhere.status).to.equal(403)
    // Each listens on loopback for all users of the machine, and knows one address alone.
    const direct = await fetch(`http://127.0.0.1:${ports[await active()]}/login`)
    expect(direct.status).to.equal(421)
    const { events, faults } = readAudit(at('state'))
    expect(faults).to.deep.equal([])
    const acts = events.flatMap((event) => (event.type === 'acted' ? [`${event.person} ${event.act}`] : []))
    expect(acts.filter((act) => act === 'anna start a rollout')).to.have.length(2)
    expect(events.filter(({ type }) => type === 'logged in')).to.have.length(2)
    for (const name of NAMES) {
      const log = readFileSync(at(`serve-${name}.log`), 'utf8')
      expect(log).to.match(/"msg":"serving"/)
      expect(log).not.to.match(/"level":[56]0|Error/)
    }
  })
})

/** Listens to the events of a run, and comes again with the place where it was, as a browser does. */
class Listener {
  connections = 0
  private readonly reader = new EventReader('')

  constructor(browser: ConsoleBrowser, path: string, headers: Record<string, string> = {}) {
    void this.listen(browser, path, headers)
  }

  get heard(): number {
    return this.reader.heard.length
  }
  get isOver(): boolean {
    return this.reader.isOver
  }
  get parts(): ReadonlyMap<string, string> {
    return this.reader.parts
  }
  /** Each event that tells something, with its place. */
  get events(): string[] {
    return this.reader.heard
      .filter(({ event }) => event !== 'beat' && event !== 'end')
      .map(({ id, data }) => `${id} ${data}`)
  }

  private async listen(browser: ConsoleBrowser, path: string, headers: Record<string, string>) {
    const { reader } = this
    const until = Date.now() + WITHIN_MS
    while (!reader.isOver && Date.now() < until) {
      const from = reader.place === '' ? {} : { 'last-event-id': reader.place }
      const accept = { accept: 'text/event-stream' }
      const answer = await browser.ask(path, { headers: { ...accept, ...headers, ...from } }).catch(() => {})
      if (answer?.status === 200 && answer.body !== null) {
        this.connections += 1
        await reader.follow(answer.body)
      } else await answer?.body?.cancel()
      if (!reader.isOver) await pause()
    }
  }
}

async function read(answer: Promise<Response>): Promise<Answer> {
  try {
    const got = await answer
    return { status: got.status, text: await got.text() }
  } catch {
    return { status: 0, text: '' }
  }
}

function expectSentBefore({ status, text }: Answer): void {
  expect(text).to.match(/the form was sent before/i)
  expect(status).to.equal(403)
}

/** Returns the token of the form of a page that sends to a path. */
function formTo(page: string, path: string): string {
  return tokenIn(page.slice(Math.max(0, page.indexOf(`action="${path}"`))))
}

async function until(what: string, test: () => Promise<boolean>): Promise<void> {
  const last = Date.now() + WITHIN_MS
  while (!(await test())) {
    if (Date.now() > last) throw new Error(`${what}: not within ${WITHIN_MS / 1000} s`)
    await pause()
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50))
}
