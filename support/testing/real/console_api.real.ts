import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { expect } from 'chai'
import { readAudit } from '../../console/audit'
import { runCommand } from '../../system/command'
import { cucumber } from '../cucumber_process'
import { EventReader } from '../event_reader'
import { journalText } from '../journal_text'
import { expectForm } from '../json_form'
import { LiveRollout, quickEnvironment } from '../live_rollout'
import { freePort, start, untilReady, type Running } from './processes'

const LOCKSTEP = resolve(__dirname, '..', '..', 'bin', 'lockstep.cjs')
const WITHIN = 120_000

describe('the API of lockstep serve, by curl and Prometheus', function () {
  this.timeout(300_000)
  let live: LiveRollout
  let port: number
  let serving: Running
  let prometheus: Running | undefined
  let token = ''
  let run = ''

  const at = (name: string) => join(live.scratch.path, name)
  const places = () => ['--config', at('lockstep.yaml'), '--state', at('.lockstep')]
  const env = () => ({ LOCKSTEP_LOCKS: at('locks') })

  before(async () => {
    live = await LiveRollout.prepare('web3.example.net=lies')
    run = await rollOut()
    port = await freePort()
    const [, haproxy = ''] = /port: (\d+)/.exec(readFileSync(at('lockstep.yaml'), 'utf8')) ?? []
    live.scratch.write(
      'lockstep.yaml',
      `${quickEnvironment(Number(haproxy))}pipeline: { listen: { port: ${port} } }\nconsole: { people: people.yaml, policy: policy.txt }\n`,
    )
    live.scratch.write('policy.txt', 'anna may look in every environment\n')
    lockstep(['user', 'add', 'anna'], 'Quagga-zebra-okapi-7\n')
    serving = start(process.execPath, [LOCKSTEP, 'serve', ...places()], at('serve.log'), env())
    await untilReady('lockstep serve', serving, async () => log().includes('"serving"'), WITHIN)
  })
  after(async () => {
    await prometheus?.stop()
    await serving?.stop()
    await live?.stop()
  })

  const log = () => readFileSync(at('serve.log'), 'utf8')

  async function rollOut(): Promise<string> {
    const { stdout, exitCode } = await cucumber(['-p', 'live', 'rolling.feature'], live.scratch.path, {
      LOCKSTEP_RELEASE: '4.2',
      ...env(),
    })
    expect(exitCode, stdout).to.equal(1)
    return /\d{8}-\d{6}-[0-9a-f]{4}/.exec(stdout)?.[0] ?? ''
  }

  function say(command: string, args: readonly string[], input = '') {
    const { status, stdout, stderr } = spawnSync(command, args, {
      input,
      encoding: 'utf8',
      env: { ...process.env, ...env() },
      cwd: live.scratch.path,
    })
    return { exitCode: status, stdout, stderr }
  }

  function lockstep(words: readonly string[], input = '') {
    return say(process.execPath, [LOCKSTEP, ...words, ...places()], input)
  }

  /** Asks with curl; the token is in a file, and not among the arguments. */
  async function curl(path: string, ...more: readonly string[]) {
    const header = live.scratch.write('header', `Authorization: Bearer ${token}\n`)
    const args = [
      '-s',
      '-w',
      '\n%{http_code}',
      '-H',
      `@${header}`,
      ...more,
      `http://127.0.0.1:${port}${path}`,
    ]
    const { stdout } = await runCommand('curl', args, { within: WITHIN })
    const end = stdout.trimEnd().lastIndexOf('\n')
    return { body: stdout.slice(0, end), status: Number(stdout.slice(end + 1)) }
  }

  it('knows a token from the moment when it is made', async () => {
    const { stdout, stderr } = lockstep([
      'user',
      'add-token',
      'anna',
      '--name',
      'ci',
      '--may',
      'look',
      '--in',
      'every environment',
      '--days',
      '1',
    ])
    expect(stdout).to.match(/^lockstep_[\w-]{43}\n$/)
    expect(stderr).to.contain('the token ci may look in every environment until')
    token = stdout.trim()
    expect((await curl('/api/v1/status')).status).to.equal(200)
  })

  it('says what lockstep status says', async () => {
    const { stdout } = say(process.execPath, [LOCKSTEP, 'status', '--json', '--state', at('.lockstep')])
    const said = JSON.parse(stdout) as { out: unknown[] }
    const { body } = await curl('/api/v1/status')
    expectForm(body, 'lockstep/status/1')
    const answered = JSON.parse(body) as typeof said
    const facts = (all: unknown[]) => all.map((each) => ({ ...(each as object), putBack: '' }))
    expect(facts(answered.out)).to.deep.equal(facts(said.out))
    expect(answered.out.length).to.be.greaterThan(0)
  })

  it('has the history, the rollouts and the report of a run that was really carried out', async () => {
    for (const [path, form] of [
      ['/rollouts', 'lockstep/rollouts/1'],
      [`/rollouts/${run}`, 'lockstep/run/1'],
      ['/history', 'lockstep/history/1'],
      ['/pipeline', 'lockstep/pipeline/1'],
      ['/fleet', 'lockstep/fleet/1'],
    ] as const) {
      const { body, status } = await curl(`/api/v1${path}`)
      expect(status, path).to.equal(200)
      expectForm(body, form)
      if (form !== 'lockstep/pipeline/1') expect(body, path).to.contain(run)
    }
    const own = JSON.parse((await curl(`/api/v1/rollouts/${run}`)).body) as object
    const reports = readFileSync(at('reports/run.json'), 'utf8')
    expect(own).to.deep.equal(JSON.parse(reports))
  })

  /** Follows the events of a rollout with curl, behind a place, until it is enough; curl is killed then. */
  async function follow(path: string, place: string, isEnough: (reader: EventReader) => boolean) {
    const reader = new EventReader(place)
    const header = at('header')
    const accept = ['-H', 'Accept: text/event-stream', '-H', `Last-Event-ID: ${place}`]
    const args = ['-sN', '-H', `@${header}`, ...accept, `http://127.0.0.1:${port}${path}`]
    const child = spawn('curl', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const followed = reader.follow(Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>)
    try {
      await untilReady('events', serving, async () => isEnough(reader) || reader.isClosed, WITHIN)
    } finally {
      child.kill('SIGKILL')
      await followed
    }
    return reader
  }

  it('tells the events of a rollout in a terminal as they come, and misses and doubles none for one who comes again', async () => {
    type Listed = { rollouts: { run: string }[] }
    const runs = async () =>
      (JSON.parse((await curl('/api/v1/rollouts')).body) as Listed).rollouts.map(({ run: name }) => name)
    const before = await runs()
    const rollingOut = rollOut()
    let own: string | undefined
    await untilReady(
      'the rollout',
      serving,
      async () => (own = (await runs()).find((each) => !before.includes(each))) !== undefined,
      WITHIN,
    )
    const path = `/api/v1/rollouts/${own}/events`
    const heard: { offset: number; event: { type: string } }[] = []
    let place = '0'
    let ended: string | undefined
    let connections = 0
    while (ended === undefined) {
      const reader = await follow(path, place, ({ heard: events }) => events.length > 4 + 2 ** connections)
      connections += 1
      for (const { event, data } of reader.heard)
        if (event === 'message') heard.push(JSON.parse(data) as (typeof heard)[number])
        else ended = data
      place = reader.place
    }
    expect(connections).to.be.greaterThan(1)
    expect(ended).to.equal('{"course":"ended"}')
    expect(await rollingOut).to.equal(own)
    const { body, status } = await curl(path)
    expect(status).to.equal(200)
    expectForm(body, 'lockstep/rollout-events/1')
    const page = JSON.parse(body) as { events: typeof heard; end: number; notKnown: string[] }
    expect(page.notKnown).to.deep.equal([])
    expect(heard).to.deep.equal(page.events)
    expect([heard[0]?.event.type, heard.at(-1)?.event.type]).to.deep.equal(['read', 'ended'])
    expect(String(page.end)).to.equal(place)
  })

  it('answers neither a stranger nor a page elsewhere', async () => {
    const url = `http://127.0.0.1:${port}/api/v1/status`
    const ask = async (...args: string[]) =>
      (await runCommand('curl', ['-s', '-o', at('out'), '-w', '%{http_code}', ...args], { within: WITHIN }))
        .stdout
    expect(await ask(url)).to.equal('401')
    expect(await ask('-H', 'Authorization: Bearer x', url)).to.equal('401')
    expect((await curl('/api/v1/status', '-H', 'Host: evil.example')).status).to.equal(421)
    expect(
      (await curl('/api/v1/status', '-X', 'OPTIONS', '-H', 'Origin: http://evil.example')).status,
    ).to.equal(405)
    expect((await curl('/api/v1/../../api/v1/status', '--path-as-is')).status).to.be.oneOf([200, 404])
    // A token opens no page: it leads to the login, as for everybody.
    expect((await curl('/history')).status).to.equal(302)
    expect((await curl('/healthz')).body.trim()).to.equal('{"ok":true}')
  })

  it('gives numbers that promtool finds nothing in, and that a Prometheus reads', async () => {
    const { body } = await curl('/metrics')
    const { stdout, stderr, exitCode } = say('promtool', ['check', 'metrics'], body)
    expect(`${stdout}${stderr}`).to.equal('')
    expect(exitCode).to.equal(0)
    const own = await freePort()
    live.scratch.write('token', token)
    const config = live.scratch.write(
      'prometheus.yml',
      `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${resolve(__dirname, '../../../docs/lockstep.rules.yml')}]
scrape_configs:
  - job_name: lockstep
    authorization: { credentials_file: ${at('token')} }
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
`,
    )
    const checked = say('promtool', ['check', 'config', config])
    expect(checked.exitCode, checked.stdout + checked.stderr).to.equal(0)
    prometheus = start(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${at('tsdb')}`,
        `--web.listen-address=127.0.0.1:${own}`,
      ],
      at('prometheus.log'),
    )
    const valueOf = async (query: string) => {
      // Prometheus answers 503 while it starts.
      const args = ['-sf', '-G', `http://127.0.0.1:${own}/api/v1/query`, '--data-urlencode', `query=${query}`]
      const { stdout: text } = await runCommand('curl', args, { within: WITHIN })
      if (text === '') return undefined
      const { data } = JSON.parse(text) as { data?: { result: { value: [number, string] }[] } }
      return data?.result[0]?.value[1]
    }
    const until = (what: string, query: string, value: string) =>
      untilReady(what, prometheus as Running, async () => (await valueOf(query)) === value, WITHIN)
    await until('a scrape', 'lockstep_hosts_out_of_rotation{environment="test"} > bool 0', '1')
    await until('the alert', 'count(ALERTS{alertname="LockstepHostsOutOfRotation"})', '1')
    // Other rollouts of this suite may have ended so since the start of lockstep serve.
    const failed = 'sum(lockstep_runs_total{environment="test",outcome="failed"})'
    const before = Number((await valueOf(failed)) ?? '0')
    await rollOut()
    await until('a run that has ended', failed, String(before + 1))
  })

  it('ends a token when it is removed, also what it follows, and has written it nowhere', async () => {
    // A rollout that was killed on another machine never says its end: what follows it goes on.
    const journal = readFileSync(at(`.lockstep/live/${run}.journal.ndjson`), 'utf8').split('\n')
    const stays = '20991231-235959-abcd'
    const beginning = journal.slice(0, 4).map((line) =>
      line
        .slice(9)
        .replaceAll(run, stays)
        .replace(/"by":"[^"]*"/, '"by":"me@elsewhere"'),
    )
    live.scratch.write(`.lockstep/live/${stays}.journal.ndjson`, journalText(...beginning))
    await curl('/api/v1/status')
    let isRemoved = false
    const reader = await follow(`/api/v1/rollouts/${stays}/events`, '0', ({ heard }) => {
      if (heard.length > 0 && !isRemoved) lockstep(['user', 'remove-token', 'anna', '--name', 'ci'])
      isRemoved ||= heard.length > 0
      return false
    })
    expect([reader.heard.length > 0, reader.isClosed, reader.isOver]).to.deep.equal([true, true, false])
    expect((await curl('/api/v1/status')).status).to.equal(401)
    const folder = at('.lockstep/console')
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    )
    const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
    expect([log(), ...texts].join('\n')).not.to.contain(token.slice(9))
    const types = readAudit(at('.lockstep')).events.map(({ type }) => type)
    expect(types).to.include.members(['token added', 'token refused', 'token removed'])
  })
})
