import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { Prometheus } from '../../analysis/prometheus'
import { redactNothing } from '../../system/redaction'
import { cucumber, type ProcessRun } from '../cucumber_process'
import { metricsContract } from '../metrics_contract'
import { Scratch } from '../scratch'
import { TEST_CERTIFICATE } from '../test_certificate'
import { WebEndpoint } from '../web_endpoint'
import { startRabbitmq, type RealBroker } from './brokers'
import { RealFleet } from './mcollectived'
import { startScrapingPrometheus, type ScrapingPrometheus } from './prometheus'

const HOSTS = ['web1.example.net', 'web2.example.net'] as const
const WITHIN = 60_000

/** An exporter whose metrics a test decides. */
class Exporter {
  metrics: Readonly<Record<string, string>> = { errors: '1' }
  private readonly server = http.createServer((_, response) => {
    const count = Math.floor(performance.now() / 1_000)
    const own = Object.entries(this.metrics).map(([name, value]) => `${name} ${value}\n`)
    response.end(`${own.join('')}requests_total ${count}\n`)
  })

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve))
    return (this.server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.server.close(() => resolve()))
    this.server.closeAllConnections()
    await closed
  }
}

describe('analysis by a real Prometheus that scrapes an exporter', function () {
  this.timeout(300_000)
  const scratch = new Scratch()
  const exporter = new Exporter()
  let port = 0
  let broker: RealBroker | undefined
  let fleet: RealFleet | undefined
  let started: ScrapingPrometheus | undefined
  const prometheus = () => started ?? expect.fail('it was not started')
  const touched = (host: string) => join(scratch.path, `${host}.touched`)
  const journalFolder = join(scratch.path, '.lockstep', 'live')
  const journals = () =>
    existsSync(journalFolder)
      ? readdirSync(journalFolder)
          .filter((name) => name.endsWith('.ndjson'))
          .sort()
      : []
  /** Returns the journal of the latest run. */
  const journal = () => readFileSync(join(journalFolder, journals().at(-1) ?? ''), 'utf8')
  const fresh = () => {
    for (const host of HOSTS) rmSync(touched(host), { force: true })
  }
  const isTouched = () => HOSTS.map((host) => existsSync(touched(host)))

  before(async () => {
    port = await exporter.listen()
    started = await startScrapingPrometheus(scratch, port)
    broker = await startRabbitmq(scratch)
    fleet = new RealFleet(scratch, broker, 'psk')
    for (const host of HOSTS) {
      scratch.write(`${host}.d/checks.cfg`, `command[touched]=/usr/bin/touch ${touched(host)}\n`)
      await fleet.addOurs(host, { cfg: `plugin.nrpe.conf_dir = ${join(scratch.path, `${host}.d`)}\n` })
    }
    scratch.write('ca.pem', TEST_CERTIFICATE)
    configure(prometheus().password)
    await untilScraped('errors')
  })

  after(async () => {
    await fleet?.stop()
    await broker?.stop()
    await started?.stop()
    await exporter.close()
    scratch.remove()
  })

  const configure = (password: string, more = '') => {
    scratch.write('prometheus.password', `${password}\n`, 0o600)
    scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    client_config: ${fleet?.clientCfg}
    prometheus:
      url: ${prometheus().url}
      ca: ca.pem
      user: ${prometheus().user}
      password: { file: prometheus.password }
${more}`,
    )
  }
  const metrics = () => {
    const { url, user, password } = prometheus()
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    return new Prometheus(
      { url, ca: TEST_CERTIFICATE, authorization, staleAfterMs: 90_000, secrets: [] },
      redactNothing,
    )
  }
  /** Waits until a metric has been there for some seconds, with the value that the exporter has now. */
  const untilScraped = async (name: string) => {
    const wanted = Number(exporter.metrics[name] ?? 0)
    const until = Date.now() + WITHIN
    for (;;) {
      const toMs = await metrics().now()
      const asked = { fromMs: toMs - 3_000, toMs, stepMs: 1_000 }
      const [series] = await metrics().valuesOf(name, asked)
      const values = [...(series?.values.values() ?? [])]
      if (values.length === 4 && values.every((value) => Object.is(value, wanted))) return
      if (Date.now() > until) expect.fail(`${name} was not scraped: ${values.join(' ')}`)
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
  const setMetrics = async (all: Readonly<Record<string, string>>) => {
    exporter.metrics = all
    for (const name of Object.keys(all)) await untilScraped(name)
  }

  const feature = (lines: readonly string[], examples = '') => `Feature: Analysis
  Background:
    Given I want to update the hosts:
      | ${HOSTS[0]} |
      | ${HOSTS[1]} |
  Scenario${examples === '' ? '' : ' Outline'}: Look
${lines.map((line) => `    ${line}\n`).join('')}${examples}`
  const EACH = '    Examples:\n      | wave |\n      | 1 host |\n      | the rest |\n'
  const roll = (text: string, env: Readonly<Record<string, string>> = {}, onStart?: Started) => {
    scratch.write('analysis.feature', text)
    return cucumber(
      ['-p', 'live', 'analysis.feature'],
      scratch.path,
      { LOCKSTEP_ENVIRONMENT: 'test', ...env },
      onStart,
    )
  }
  type Started = (kill: (signal: NodeJS.Signals) => void) => void
  const look = (line: string, onStart?: Started) => roll(feature([`Then ${line}`]), {}, onStart)
  const flat = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`.replaceAll(/\s+/g, ' ')
  /** Resolves once a run that began after now waits for its metric. */
  const untilLooking = async (before: number) => {
    const until = Date.now() + WITHIN
    const isLooking = () => journals().length > before && journal().includes('"type":"scenario"')
    while (!isLooking()) {
      if (Date.now() > until) expect.fail('the look did not begin')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    // A look is under way when its first answers have come.
    await new Promise((resolve) => setTimeout(resolve, 2_000))
  }
  const meanwhile = async (line: string, work: () => Promise<void>) => {
    const before = journals().length
    const running = look(line)
    await untilLooking(before)
    await work()
    return running
  }

  metricsContract('a real Prometheus', async () => {
    await setMetrics({ errors: '1' })
    return { metrics: metrics(), one: 'errors', stop: async () => {} }
  })

  it('passes between waves where the metric stayed below, and tells the worst value', async () => {
    await setMetrics({ errors: '1.5' })
    const lines = ['Given I take the next <wave>', 'Then the check touched should be ok']
    const run = await roll(
      feature([...lines, 'And the metric `max(errors{job="web"})` should stay below 2 for 3 seconds'], EACH),
    )
    expect(run.exitCode, flat(run)).to.equal(0)
    expect(isTouched()).to.deep.equal([true, true])
    expect(journal()).to.match(/at most 1\.5, at 20\d\d-\d\d-\d\dT/)
  })

  it('stops before the next wave where it was above, with the query, the value and the moment', async () => {
    fresh()
    await setMetrics({ errors: '7.25' })
    const lines = ['Given I take the next <wave>', 'Then the check touched should be ok']
    const run = await roll(
      feature([...lines, 'And the metric `errors{job="web"}` should stay below 5 for 1 minute'], EACH),
    )
    expect(run.exitCode, flat(run)).to.equal(1)
    expect(isTouched()).to.deep.equal([true, false])
    expect(flat(run))
      .to.contain('errors{job="web"}')
      .and.match(/is 7\.25 at 20[\d-]+T[\d:]+Z in errors\{/)
    expect(flat(run)).to.contain('should stay below 5')
    expect(flat(run)).not.to.contain(prometheus().password)
    await setMetrics({ errors: '1' })
  })

  for (const [what, all, line, says] of [
    [
      'a metric that is misspelt',
      { errors: '1' },
      '`erors` should stay below 5 for 3 seconds',
      'no series fits',
    ],
    [
      'a label that fits nothing',
      { errors: '1' },
      '`errors{job="wbe"}` should stay below 5 for 3 seconds',
      'no series fits',
    ],
    ['NaN', { errors: 'NaN' }, '`errors` should stay below 5 for 3 seconds', 'is NaN at'],
    ['an infinite value', { errors: '1' }, '`errors / 0` should stay above 5 for 3 seconds', 'is +Inf at'],
  ] as const)
    it(`does not pass with ${what}`, async () => {
      await setMetrics(all)
      const run = await look(`the metric ${line}`)
      expect(run.exitCode, flat(run)).to.equal(1)
      expect(flat(run)).to.contain(says)
    })

  it('does not pass with a rate that goes on while the exporter is away', async () => {
    await setMetrics({ errors: '1' })
    const run = await meanwhile(
      'the metric `rate(requests_total[1m])` should stay below 5 for 15 seconds',
      () => exporter.close(),
    )
    await exporter.listen(port)
    expect(run.exitCode, flat(run)).to.equal(1)
    expect(flat(run)).to.match(/has no sample of requests_total at 20/)
  })

  it('does not pass with a value that has a time of its own, and gets no new one', async () => {
    const old = { errors: `3 ${Date.now()}` }
    exporter.metrics = old
    const until = Date.now() + WITHIN
    for (let there = false; !there && Date.now() < until;) {
      const nowMs = await metrics().now()
      const [series] = await metrics().valuesOf('errors', { fromMs: nowMs, toMs: nowMs, stepMs: 1_000 })
      there = [...(series?.values.values() ?? [])][0] === 3
    }
    const run = await look('the metric `errors` should stay below 5 for 3 seconds')
    expect(run.exitCode, flat(run)).to.equal(1)
    expect(flat(run), flat(run)).to.contain('has no new sample since the look began')
    await setMetrics({ errors: '1' })
  })

  it('does not pass where Prometheus is killed meanwhile, and begins nothing while it is away', async () => {
    const run = await meanwhile('the metric `errors` should stay below 5 for 20 seconds', () =>
      prometheus().kill(),
    )
    expect(run.exitCode, flat(run)).to.equal(1)
    expect(flat(run)).to.match(/(nobody listens there|closed the connection).* Prometheus/)
    fresh()
    const away = await roll(
      feature([
        'Then the check touched should be ok',
        'And the metric `errors` should stay below 5 for 3 seconds',
      ]),
    )
    expect(away.exitCode, flat(away)).to.equal(6)
    expect(flat(away)).to.contain('analysis.feature:8: Prometheus cannot be reached')
    expect(isTouched()).to.deep.equal([false, false])
    await prometheus().startAgain()
    await untilScraped('errors')
  })

  it('refuses a query that cannot be read, a wrong password and an unknown authority before a host is asked', async () => {
    fresh()
    const line = (query: string) =>
      feature([
        'Then the check touched should be ok',
        `And the metric \`${query}\` should stay below 5 for 3 seconds`,
      ])
    const odd = await roll(line('rate(errors)'))
    expect(odd.exitCode, flat(odd)).to.equal(2)
    expect(flat(odd)).to.contain(
      'analysis.feature:8: Prometheus cannot read the query: 1:6: parse error: expected type range vector',
    )
    const open = await cucumber(['-p', 'lint', 'analysis.feature'], scratch.path)
    expect(open.exitCode, flat(open)).to.equal(0)
    scratch.write('analysis.feature', line('sum(errors'))
    const linted = await cucumber(['-p', 'lint', 'analysis.feature'], scratch.path)
    expect(linted.exitCode, flat(linted)).to.equal(2)
    expect(flat(linted)).to.contain('has a ( that is not closed')
    configure('another-password')
    const stranger = await roll(line('errors'))
    expect(stranger.exitCode, flat(stranger)).to.equal(6)
    expect(flat(stranger)).to.contain('Prometheus answered 401').and.not.contain('another-password')
    configure(prometheus().password)
    const text = readFileSync(join(scratch.path, 'lockstep.yaml'), 'utf8')
    scratch.write('lockstep.yaml', text.replace('      ca: ca.pem\n', ''))
    const strange = await roll(line('errors'))
    expect(strange.exitCode, flat(strange)).to.equal(6)
    expect(flat(strange)).to.contain('Prometheus its certificate is signed by itself')
    configure(prometheus().password)
    expect(isTouched()).to.deep.equal([false, false])
  })

  it('looks afresh where a run that was killed in mid-look is resumed', async () => {
    await setMetrics({ errors: '4' })
    const text = feature(['Then the metric `errors` should stay below 5 for 12 seconds'])
    const before = journals().length
    let kill: ((signal: NodeJS.Signals) => void) | undefined
    const running = roll(text, {}, (own) => (kill = own))
    await untilLooking(before)
    kill?.('SIGKILL')
    await running
    const run = journals().at(-1)?.replace('.journal.ndjson', '') ?? ''
    await setMetrics({ errors: '2' })
    const again = await roll(text, { LOCKSTEP_RESUME: run })
    expect(again.exitCode, flat(again)).to.equal(0)
    expect(journal()).to.contain('at most 2, at')
  })

  it('is planned without a look', async () => {
    scratch.write(
      'analysis.feature',
      feature([
        'Then the metric `errors` should stay below 0 for 1 hour',
        'And the url http://127.0.0.1:1/ should answer 200 within 1 hour',
      ]),
    )
    const run = await cucumber(['-p', 'plan', 'analysis.feature'], scratch.path, {
      LOCKSTEP_ENVIRONMENT: 'test',
    })
    expect(run.exitCode, flat(run)).to.equal(0)
    expect(flat(run)).to.contain('cannot be known before')
  })

  it('waits for an answer of a url, and trusts no certificate that it does not know', async () => {
    const [site, secure] = [await WebEndpoint.start(), await WebEndpoint.start('https')]
    try {
      let asked = 0
      site.answer = (response) => {
        asked += 1
        response.writeHead(asked < 3 ? 503 : 200).end()
      }
      const run = await look(`the url ${site.url('/health')} should answer 200 within 1 minute`)
      expect(run.exitCode, flat(run)).to.equal(0)
      expect(asked).to.equal(3)
      site.answer = (response) => response.writeHead(302, { location: '/login' }).end()
      const led = await look(`the url ${site.url('/health')} should answer 200 within 8 seconds`)
      expect(led.exitCode, flat(led)).to.equal(1)
      expect(flat(led)).to.contain('answered 302, and should answer 200; no redirect is followed')
      const line = `Then the url ${secure.url('/')} should answer 200 within 8 seconds`
      const strange = await roll(feature([line]))
      expect(strange.exitCode, flat(strange)).to.equal(1)
      expect(flat(strange)).to.contain('its certificate is signed by itself; name it in NODE_EXTRA_CA_CERTS')
      const known = await roll(feature([line]), { NODE_EXTRA_CA_CERTS: join(scratch.path, 'ca.pem') })
      expect(known.exitCode, flat(known)).to.equal(0)
    } finally {
      await site.stop()
      await secure.stop()
    }
  })
})
