import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { After, Given, Then, When, setDefaultTimeout, setWorldConstructor, World } from '@cucumber/cucumber'
import { expect } from 'chai'
import { parseFaults, readFleetFile } from '../../simulation/fleet_file'
import { EMBEDDED_FLEET } from '../../simulation/embedded'
import { EmbeddedFleet } from '../../simulation/fleet'
import type { HostDescription } from '../../simulation/simulated_host'
import { SimulatedHaproxy } from '../../simulation/haproxy'
import { systemClock } from '../../system/clock'
import { contractOf } from '../../rpc/contracts'
import { compiledCopy } from '../compiled_copy'
import { cucumber, lockstep, proposedCommand, type ProcessRun } from '../cucumber_process'
import { quickEnvironment } from '../live_rollout'
import { Scratch } from '../scratch'
import { callOf } from '../call'
import { xmlTree } from '../xml_tree'

/** A folder in which the chapters of the manual run cucumber-js as a person would. */
class Manual extends World {
  readonly scratch = new Scratch()
  readonly env: Record<string, string> = {}
  run: ProcessRun | undefined
  other: ProcessRun | undefined
  elsewhere: EmbeddedFleet | undefined
  /** Commands that runs have proposed, by the runs' features. */
  readonly proposed = new Map<string, ReadonlyMap<string, string>>()
  /** Checks that are critical when they first run, by host. */
  readonly critical = new Map<string, string>()
  haproxy: SimulatedHaproxy | undefined

  get last(): ProcessRun {
    if (this.run === undefined) throw new Error('nothing was run yet')
    return this.run
  }

  get output(): string {
    return `${this.last.stdout}\n${this.last.stderr}`
  }
}

setWorldConstructor(Manual)
// The time-out ends only a process that hangs: no result depends on how busy the machine is.
setDefaultTimeout(900_000)

const DEPLOYMENTS = resolve(__dirname, '..', '..', '..', 'features', 'deployments')
const WEBSITE = join(DEPLOYMENTS, 'website.feature')
const ROLLING = join(DEPLOYMENTS, 'rolling.feature')
const HISTORY = join('.lockstep', 'history')

After(async function (this: Manual) {
  await this.elsewhere?.stop()
  await this.haproxy?.stop()
  this.scratch.remove()
})

Given('the website feature', function (this: Manual) {
  this.scratch.write('website.feature', readFileSync(WEBSITE))
})

Given('a fleet that runs elsewhere, and an mco configuration for it', async function (this: Manual) {
  const secret = 'the-psk-of-the-manual'
  const read = readFleetFile(EMBEDDED_FLEET, parseFaults(this.env['LOCKSTEP_FAULTS'] ?? ''))
  const fleet = {
    ...read,
    hosts: read.hosts.map((host) => withCritical(host, this.critical.get(host.identity))),
  }
  this.elsewhere = new EmbeddedFleet({ fleet, collective: 'mcollective', secret, clock: systemClock })
  const port = await this.elsewhere.start()
  const pool = 'plugin.activemq.pool'
  const settings = `plugin.psk = ${secret}\n${pool}.size = 1\n${pool}.1.host = 127.0.0.1\n${pool}.1.port = ${port}\n`
  this.env['MCOLLECTIVE_CONFIG'] = this.scratch.write('client.cfg', settings)
})

Given(
  'the check {string} is critical on {string} for the first time',
  function (this: Manual, check: string, name: string) {
    this.critical.set(name, check)
  },
)

function withCritical(host: HostDescription, check: string | undefined): HostDescription {
  if (check === undefined) return host
  const well = host.checks[check] ?? []
  const critical = { exitcode: 2, output: 'CRITICAL - simulated', perfdata: '' }
  return { ...host, checks: { ...host.checks, [check]: [critical, ...well] } }
}

Given(
  'another mco configuration {string} for it, with the brokers {string}',
  function (this: Manual, name: string, hosts: string) {
    const settings = readFileSync(join(this.scratch.path, 'client.cfg'), 'utf8')
    const port = /port = (\d+)/.exec(settings)?.[1] ?? ''
    const [secret = ''] = settings.split('\n')
    const pool = 'plugin.activemq.pool'
    const brokers = hosts
      .split(', ')
      .map((host, index) => `${pool}.${index + 1}.host = ${host}\n${pool}.${index + 1}.port = ${port}\n`)
    this.scratch.write(name, `${secret}\n${pool}.size = ${brokers.length}\n${brokers.join('')}`)
  },
)

Given('a repository with a cucumber.js', function (this: Manual) {
  const own = JSON.stringify(join(compiledCopy(), 'cucumber.js'))
  this.scratch.write('cucumber.js', `module.exports = require(${own})\n`)
})

Given('cucumber and Lockstep in its node_modules', function (this: Manual) {
  const root = resolve(__dirname, '..', '..', '..')
  const modules = join(this.scratch.path, 'node_modules')
  const index = JSON.stringify(join(compiledCopy(), 'support', 'index.js'))
  this.scratch.write('node_modules/lockstep/index.js', `module.exports = require(${index})\n`)
  symlinkSync(join(root, 'node_modules', '@cucumber'), join(modules, '@cucumber'))
})

Given('a HAProxy in front of it', async function (this: Manual) {
  const servers = Array.from({ length: 8 }, (_, index) => `web${index + 1}.example.net`)
  this.haproxy = new SimulatedHaproxy({ backends: { www: servers } })
  const port = await this.haproxy.start()
  this.scratch.write('lockstep.yaml', quickEnvironment(port))
})

Given('steps of a team, in {string}:', function (this: Manual, name: string, code: string) {
  const cucumberJs = JSON.stringify(require.resolve('@cucumber/cucumber'))
  const names = 'Given, When, Then, Before, After, BeforeStep, AfterStep, setDefinitionFunctionWrapper'
  this.scratch.write(name, `const { ${names} } = require(${cucumberJs})\n${code}\n`)
})

Given('the rolling feature', function (this: Manual) {
  this.scratch.write('rolling.feature', readFileSync(ROLLING))
})

Given('a file {string}:', function (this: Manual, name: string, content: string) {
  const path = join(this.scratch.path, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${content}\n`)
})

Given(
  /^there is a (folder|pipe|link to nowhere) "(.*)"$/,
  function (this: Manual, kind: string, name: string) {
    const path = join(this.scratch.path, name)
    mkdirSync(dirname(path), { recursive: true })
    if (kind === 'folder') mkdirSync(path)
    else if (kind === 'pipe') execFileSync('mkfifo', [path])
    else symlinkSync('nowhere', path)
  },
)

Given('the file {string} goes on {string}', function (this: Manual, more: string, name: string) {
  const text = readFileSync(join(this.scratch.path, more), 'utf8')
  writeFileSync(join(this.scratch.path, name), text, { flag: 'a' })
})

const UNDOING = `Feature: Own
  Background:
    Given this is release 1.3
    And the load balancer is the haproxy backend www
    And I want to update hosts with identity /^web[1-5]\\./
    And on failure every touched host goes back to the version it had
    And on failure healthy hosts go back into rotation
  Scenario Outline: Own <wave>
    Given I take <wave>
    When I block the load balancer
    And I update the package mywebapp
    Then the package version for mywebapp should be 4.2.6-3.el5
    And the check check_http should be ok
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked
    Examples:
      | wave     |
      | 2 hosts  |
      | 2 hosts  |
      | the rest |
`
const GATE = `Feature: Gate
  Scenario: Gate
    Given I want to update hosts with identity /^web[1-5]\\./
    Then release 1.3 should have passed in test
    When I restart the service mywebapp
    Then the service mywebapp should be running
`

Given(
  'a rollout of release 1.3 in waves that undoes what it did, and a gate on that release',
  function (this: Manual) {
    this.scratch.write('own.feature', UNDOING)
    this.scratch.write('gate.feature', GATE)
  },
)

Given('a feature {string} with the steps:', function (this: Manual, name: string, steps: string) {
  this.scratch.write(name, `Feature: Own\n  Scenario: Own\n${steps.replace(/^/gm, '    ')}\n`)
})

Given(
  'a feature {string} with waves {string} and the steps:',
  function (this: Manual, name: string, waves: string, steps: string) {
    const rows = waves.split(', ').map((wave) => `      | ${wave} |\n`)
    this.scratch.write(
      name,
      `Feature: Own
  Background:
    Given the load balancer has ip address 192.168.1.1
    And I want to update hosts with class roles::dev_server
    And I want to update hosts with fact country=de
  Scenario Outline: Own <wave>
    Given I take <wave>
${steps.replace(/^/gm, '    ')}
    Examples:
      | wave |
${rows.join('')}`,
    )
  },
)

Given('the host(s) {string}', function (this: Manual, faults: string) {
  this.env['LOCKSTEP_FAULTS'] = faults
})

Given('the environment variable {string} is {string}', function (this: Manual, name: string, value: string) {
  this.env[name] = value
})

Given('the environment variable {string} is not set', function (this: Manual, name: string) {
  delete this.env[name]
})

When('I run cucumber-js {string}', async function (this: Manual, args: string) {
  this.run = await cucumber(args.split(' ').filter(Boolean), this.scratch.path, this.env)
  const [feature] = /[\w.]+\.feature/.exec(args) ?? ['']
  this.proposed.set(feature, proposalsIn(this.run))
})

When(
  'I run cucumber-js {string} and press Ctrl-C at {string}',
  async function (this: Manual, args: string, at: string) {
    this.run = await interrupted(this, args, at, ['SIGINT'])
  },
)

When(
  'I run cucumber-js {string} and send it {string} at {string}',
  async function (this: Manual, args: string, signal: NodeJS.Signals, at: string) {
    this.run = await interrupted(this, args, at, [signal])
  },
)

When(
  /^I run cucumber-js "(.*)" with its standard (output|error) on a full disk$/,
  async function (this: Manual, args: string, which: string) {
    const full = { file: '/dev/full' }
    const outputs = which === 'output' ? { stdout: full } : { stderr: full }
    this.run = await cucumber(args.split(' '), this.scratch.path, this.env, () => {}, outputs)
  },
)

When(
  'I run cucumber-js {string} and press Ctrl-C twice at {string}',
  async function (this: Manual, args: string, at: string) {
    this.run = await interrupted(this, args, at, ['SIGINT', 'SIGINT'])
  },
)

When(
  'I run cucumber-js {string} and kill it with -9 at {string}',
  async function (this: Manual, args: string, at: string) {
    this.run = await interrupted(this, args, at, ['SIGKILL'])
  },
)

When(
  'I run lockstep {string} and send it {string} at {string}',
  async function (this: Manual, args: string, signal: NodeJS.Signals, at: string) {
    this.run = await haltedAs(lockstep, this, args, at, async (kill, heard) => {
      kill(signal)
      if (signal !== 'SIGKILL') await heard('Stopping after this step')
    })
  },
)

When(
  'I run cucumber-js {string} and leave after the first line',
  async function (this: Manual, args: string) {
    this.run = await cucumber(args.split(' '), this.scratch.path, this.env, (_kill, stdout) => {
      stdout.once('data', () => stdout.destroy())
    })
  },
)

When(
  'I run cucumber-js {string} and the broker is gone at {string}',
  async function (this: Manual, args: string, at: string) {
    this.run = await halted(this, args, at, async () => this.elsewhere?.stop())
  },
)

When(
  'I run cucumber-js {string} and HAProxy is gone at {string}',
  async function (this: Manual, args: string, at: string) {
    this.run = await halted(this, args, at, async () => this.haproxy?.stop())
  },
)

When(
  'I run cucumber-js {string} and the journals are removed at {string}',
  async function (this: Manual, args: string, at: string) {
    const folder = join(this.scratch.path, '.lockstep', 'live')
    this.run = await halted(this, args, at, async () => rmSync(folder, { recursive: true, force: true }))
  },
)

When(
  'I run cucumber-js {string} and at {string} its journal is {word} to what it was before anybody was taken out',
  async function (this: Manual, args: string, at: string, how: string) {
    this.run = await halted(this, args, at, async () => {
      const path = join(this.scratch.path, '.lockstep', 'live', `${lastRun(this)}.journal.ndjson`)
      const lines = readFileSync(path, 'utf8').split('\n')
      const before = lines.slice(
        0,
        lines.findIndex((line) => line.includes('"type":"opened"')),
      )
      if (how === 'exchanged') rmSync(path)
      writeFileSync(path, `${before.join('\n')}\n`)
    })
  },
)

When('I run cucumber-js {string} to resume the run before', async function (this: Manual, args: string) {
  const env = { ...this.env, LOCKSTEP_RESUME: lastRun(this) }
  this.run = await cucumber(args.split(' '), this.scratch.path, env)
})

When('I run cucumber-js {string} to resume the first run', async function (this: Manual, args: string) {
  const [first = ''] = runs(this)
  this.run = await cucumber(args.split(' '), this.scratch.path, { ...this.env, LOCKSTEP_RESUME: first })
})

Given('somebody takes {string} out of the recovery feature', function (this: Manual, hosts: string) {
  const path = join(this.scratch.path, 'reports', `recovery-${lastRun(this)}.feature`)
  const names = hosts.split(', ')
  const lines = readFileSync(path, 'utf8').split('\n')
  const kept = lines.filter((line) => !names.some((name) => line.trim() === `| ${name} |`))
  writeFileSync(path, kept.join('\n').replace(/\| 2 hosts +\|\n/, ''))
})

When('somebody deletes the folder {string}', function (this: Manual, name: string) {
  rmSync(join(this.scratch.path, name), { recursive: true })
})

When('I put the run before on record', async function (this: Manual) {
  this.run = await lockstep(['record', '--write', lastRun(this)], this.scratch.path, this.env)
})

Given('the fleet cannot be reached any more', async function (this: Manual) {
  await this.elsewhere?.stop()
  this.elsewhere = undefined
})

When('I run the recovery feature of the run before', async function (this: Manual) {
  const path = join('reports', `recovery-${lastRun(this)}.feature`)
  this.run = await cucumber(['-p', 'live', path], this.scratch.path, this.env)
})

/** Returns the commands that the last run has proposed, by the words in front of them. */
function proposalsIn(last: ProcessRun): Map<string, string> {
  const command =
    /(?<way>run it|go on): (?<line>(?:[A-Z_]+=(?:'[^']*'|\S+) )*(?:npx|node) .*?\.feature)(?=[ ,]|$)/g
  const all = [...squeezed(last.stdout).matchAll(command)].map(({ groups }) => groups ?? {})
  return new Map(all.map(({ way = '', line = '' }) => [way, line]))
}

When(
  'I run what {string} has proposed to {string}',
  async function (this: Manual, feature: string, way: string) {
    const command = (this.proposed.get(feature) ?? proposalsIn(this.last)).get(way)
    if (command === undefined) throw new Error(`nothing is proposed to ${way}:\n${this.output}`)
    const env = Object.fromEntries(Object.entries(this.env).filter(([name]) => !name.startsWith('LOCKSTEP_')))
    this.run = await proposedCommand(command, this.scratch.path, env)
  },
)

Then('it should propose nothing to {string}', function (this: Manual, way: string) {
  expect([...proposalsIn(this.last).keys()], this.output).not.to.include(way)
})

When(
  'I run cucumber-js {string} and then, at {string}, {string}',
  async function (this: Manual, first: string, at: string, second: string) {
    this.other = await halted(this, first, at, async () => {
      this.run = await cucumber(second.split(' '), this.scratch.path, this.env)
    })
  },
)

When(
  'I run cucumber-js {string} and then, at {string}, {string}, which waits',
  async function (this: Manual, first: string, at: string, second: string) {
    let waiting: Promise<ProcessRun> | undefined
    this.other = await halted(this, first, at, async () => {
      waiting = cucumber(second.split(' '), this.scratch.path, this.env)
      await until(() => journals(this.scratch.path).split('"type":"locked"').length > 2)
    })
    this.run = await waiting
  },
)

When(
  'I run cucumber-js {string} in the environment {string}',
  async function (this: Manual, args: string, environment: string) {
    const env = { ...this.env, LOCKSTEP_ENVIRONMENT: environment }
    this.run = await cucumber(args.split(' '), this.scratch.path, env)
  },
)

When(
  'I run cucumber-js {string}, and somebody writes {string} to {string} when asked',
  async function (this: Manual, args: string, said: string, name: string) {
    const path = join(this.scratch.path, name)
    this.env['LOCKSTEP_APPROVAL'] = path
    void until(() => journals(this.scratch.path).includes('"roll call"')).then(() =>
      writeFileSync(path, said.replace('<run>', lastRun(this))),
    )
    this.run = await cucumber(args.split(' '), this.scratch.path, this.env)
  },
)

When(
  'I run cucumber-js {string}, and send it {string} once it says {string}',
  async function (this: Manual, args: string, signal: NodeJS.Signals, said: string) {
    this.run = await cucumber(args.split(' '), this.scratch.path, this.env, (kill, _stdout, stderr) => {
      stderr.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes(said)) kill(signal)
      })
    })
  },
)

Given('the host {string} is gone', function (this: Manual, name: string) {
  this.elsewhere?.hosts.find(({ description }) => description.identity === name)?.vanish()
})

Given('the hosts are mended', async function (this: Manual) {
  for (const host of this.elsewhere?.hosts ?? []) host.mend()
})

Given(
  'somebody puts the version {string} on {string}',
  async function (this: Manual, version: string, name: string) {
    const host = this.elsewhere?.hosts.find(({ description }) => description.identity === name)
    await host?.agents
      .get('package')
      ?.actions['install']?.({ package: 'mywebapp', version }, callOf('install'))
  },
)

Then('the other run should exit with {int}', function (this: Manual, code: number) {
  expect(this.other?.exitCode, this.other?.stdout).to.equal(code)
})

Then('the recovery feature should contain {string}', function (this: Manual, text: string) {
  const path = join(this.scratch.path, 'reports', `recovery-${lastRun(this)}.feature`)
  expect(squeezed(readFileSync(path, 'utf8'))).to.contain(squeezed(text))
})

/** Returns the plan that the last run has made. */
function planIn({ last }: Manual): { id: string; path: string } {
  const { plan } = last.report ?? {}
  if (plan === null || plan === undefined) throw new Error(`no plan was made:\n${last.stdout}`)
  return plan
}

When('I run cucumber-js {string} as it was planned', async function (this: Manual, args: string) {
  this.run = await cucumber(args.split(' '), this.scratch.path, {
    ...this.env,
    LOCKSTEP_PLAN: planIn(this).id,
  })
})

Given(
  'somebody edits the plan: {string} becomes {string}',
  function (this: Manual, from: string, to: string) {
    const path = join(this.scratch.path, planIn(this).path)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(from, to))
  },
)

Then('only {string} should have been carried out', function (this: Manual, wanted: string) {
  const all = (this.elsewhere?.hosts ?? []).flatMap(({ performed }) => [...performed.keys()])
  expect([...new Set(all.filter(isChange))]).to.deep.equal([wanted])
})

Then('no host should have been told to change anything', function (this: Manual) {
  const told = (this.elsewhere?.hosts ?? []).flatMap(({ performed }) => [...performed.keys()])
  expect(told).to.include('package status')
  expect(told.filter(isChange)).to.deep.equal([])
})

function isChange(name: string): boolean {
  const [agent = '', action = ''] = name.split(' ')
  return contractOf(agent)?.actions[action]?.effect !== 'looks'
}

When('I run lockstep {string}', async function (this: Manual, args: string) {
  this.run = await lockstep(args.split(' '), this.scratch.path, this.env)
})

Then('it should exit with {int}', function (this: Manual, code: number) {
  expect(this.last.exitCode, this.output).to.equal(code)
})

Then('it should have been ended by the system', function (this: Manual) {
  expect(this.last.exitCode, this.output).to.equal(undefined)
})

Then(/^it should say "(.*)"$/, function (this: Manual, text: string) {
  expect(squeezed(this.output)).to.contain(squeezed(text))
})

Then(/^it should say '(.*)'$/, function (this: Manual, text: string) {
  expect(squeezed(this.output)).to.contain(squeezed(text))
})

Then('it should say:', function (this: Manual, text: string) {
  expect(squeezed(this.output)).to.contain(squeezed(text))
})

Then(/^it should not say "(.*)"$/, function (this: Manual, text: string) {
  expect(squeezed(this.output)).not.to.contain(squeezed(text))
})

Then('it should show no stack trace', function (this: Manual) {
  expect(this.output).not.to.match(/^\s+at .*[:(]\d+/m)
})

Then('{int} hosts should be out of rotation', function (this: Manual, n: number) {
  expect(this.last.report?.outOfRotation, this.output).to.have.length(n)
})

Then(
  'the step {string} should have counted:',
  function (this: Manual, text: string, table: { rowsHash(): Record<string, string> }) {
    const step = this.last.report?.steps.find((each) => each.text === text)
    const wanted = Object.fromEntries(
      Object.entries(table.rowsHash()).map(([name, value]) => [name, Number(value)]),
    )
    expect(step?.counts, this.output).to.deep.equal(wanted)
  },
)

Then('no line should be wider than {int} columns', function (this: Manual, width: number) {
  const lines = this.last.stdout.split('\n').filter((line) => !COMMAND.test(line))
  expect(lines.filter((line) => line.length > width)).to.deep.equal([])
})

/** The form of a proposed command: one line, however long, so that it can be pasted. */
const COMMAND = /^ {8}(?:[A-Z_]+=\S+ )*(?:npx |node |lockstep )/

Then('no line of what it says should be wider than {int} columns', function (this: Manual, width: number) {
  expect(this.output.split('\n').filter((line) => line.length > width)).to.deep.equal([])
})

Then('the JUnit report should say:', function (this: Manual, table: { hashes(): Record<string, string>[] }) {
  const report = xmlTree(readFileSync(join(this.scratch.path, 'reports', 'junit.xml'), 'utf8'))
  const told = report.children.flatMap((suite) =>
    suite.children.map(({ attributes: { name }, children: [first] }) => ({
      suite: suite.attributes['name'],
      name,
      result:
        first === undefined ? 'passed' : [first.name, first.attributes['type']].filter(Boolean).join(' '),
      message: first?.attributes['message'] ?? '',
    })),
  )
  const columns = Object.keys(table.hashes()[0] ?? {})
  const shown = told.map((each) =>
    Object.fromEntries(columns.map((key) => [key, each[key as keyof typeof each]])),
  )
  expect(shown).to.deep.equal(table.hashes())
})

Then('the folder {string} should not exist', function (this: Manual, name: string) {
  expect(existsSync(join(this.scratch.path, name))).to.equal(false)
})

Then('the file {string} should exist', function (this: Manual, name: string) {
  expect(existsSync(join(this.scratch.path, name))).to.equal(true)
})

/**
 * Expects a text in the records of a pattern. Names of folders may hold `*`, such as that of a release's environment.
 */
Then('the record {string} should contain {string}', function (this: Manual, pattern: string, text: string) {
  const names = readdirSync(join(this.scratch.path, HISTORY), { recursive: true, encoding: 'utf8' })
  const fits = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`)
  const found = names.filter((name) => fits.test(name))
  expect(found, names.join('\n')).not.to.deep.equal([])
  expect(
    found.map((name) => readFileSync(join(this.scratch.path, HISTORY, name), 'utf8')).join('\n'),
  ).to.contain(text)
})

Then('the file {string} should not exist', function (this: Manual, name: string) {
  expect(existsSync(join(this.scratch.path, name))).to.equal(false)
})

Then('no line of the log should be a command but {string}', function (this: Manual, known: string) {
  const commands = this.output.split(/[\r\n]/).filter((line) => /^\s*::|##\[/.test(line))
  expect(commands.map((line) => /^::([a-z]+) /.exec(line)?.[1])).to.deep.equal(commands.map(() => known))
})

Then('the file {string} should contain {string}', function (this: Manual, name: string, text: string) {
  expect(readFileSync(join(this.scratch.path, name), 'utf8')).to.contain(text)
})

Then('nothing that the run leaves should contain {string}', function (this: Manual, text: string) {
  const left = ['reports', '.lockstep'].flatMap((folder) =>
    readdirSync(join(this.scratch.path, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name)),
  )
  expect(left.map((path) => basename(path))).to.include.members(['rollout.html', 'junit.xml', 'run.json'])
  expect(
    left.some((path) => path.endsWith('.ndjson')) && left.some((path) => path.endsWith('.log')),
  ).to.equal(true)
  expect(left.filter((path) => readFileSync(path, 'utf8').includes(text))).to.deep.equal([])
})

/** Runs cucumber-js and sends it signals once its journal says that `at` was asked. */
function interrupted(
  manual: Manual,
  args: string,
  at: string,
  signals: readonly NodeJS.Signals[],
): Promise<ProcessRun> {
  return halted(manual, args, at, async (kill, heard) => {
    for (const signal of signals) {
      kill(signal)
      if (signal === 'SIGINT') await heard('Stopping after this step')
    }
  })
}

type WhileHalted = (
  kill: (signal: NodeJS.Signals) => void,
  /** Resolves once the process has written the text to its error output, or is gone. */
  heard: (text: string) => Promise<void>,
) => Promise<void>

/** Runs cucumber-js, which halts once its journal says `at`, and goes on when `meanwhile` is over. */
function halted(manual: Manual, args: string, at: string, meanwhile: WhileHalted): Promise<ProcessRun> {
  return haltedAs(cucumber, manual, args, at, meanwhile)
}

async function haltedAs(
  start: typeof cucumber | typeof lockstep,
  { scratch, env }: Manual,
  args: string,
  at: string,
  meanwhile: WhileHalted,
): Promise<ProcessRun> {
  const [isHalted, goesOn] = ['.halted', '.goes-on'].map((name) => join(scratch.path, name))
  const preload = { NODE_OPTIONS: `--require ${join(__dirname, 'halt.cjs')}`, MANUAL_HALT_AT: at }
  let [said, isOver] = ['', false]
  const done = start(args.split(' '), scratch.path, { ...env, ...preload }, (kill, _stdout, stderr) => {
    stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    void until(() => isOver || existsSync(isHalted ?? ''))
      .then(() => meanwhile(kill, (text) => until(() => isOver || said.includes(text))))
      .finally(() => writeFileSync(goesOn ?? '', ''))
  })
  const run = await done.finally(() => (isOver = true))
  for (const path of [isHalted, goesOn]) rmSync(path ?? '', { force: true })
  return run
}

/** Returns the run whose journal is the newest. */
function lastRun(manual: Manual): string {
  return runs(manual).at(-1) ?? ''
}

/** Returns all runs that have left journals, oldest first. */
function runs({ scratch }: Manual): string[] {
  const folder = join(scratch.path, '.lockstep')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ndjson'),
  )
  return names.sort().map((name) => basename(name, '.journal.ndjson'))
}

function journals(cwd: string): string {
  const folder = join(cwd, '.lockstep')
  if (!existsSync(folder)) return ''
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ndjson'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')
}

async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((done) => setTimeout(done, 5))
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
