import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../scratch'

const ROOT = resolve(__dirname, '..', '..', '..')
const QUIET = ['--no-fund', '--no-audit', '--loglevel=error']
const NODES = [20, 22, 24] as const

const { peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  peerDependencies: Record<string, string>
}
const ranges = (peerDependencies['@cucumber/cucumber'] ?? '').split('||').map((range) => range.trim())
/** The lowest version of the peer range, and its last range, of which npm takes the highest. */
const LOWEST = (ranges[0] ?? '').replace(/^\^/, '')
const HIGHEST = ranges.at(-1) ?? ''

const OWN = `const { Before, Given } = require('@cucumber/cucumber')
Given('a step of our own says {word}', (word) => word)
Given('a step of our own leaves', () => process.exit(0))
Before({ tags: '@left-out' }, () => 'skipped')
`

describe('the packed package, with every cucumber and Node it is for', () => {
  let scratch: Scratch
  const nodes = new Map<number, string>()
  const install = (folder: string, ...packages: string[]) => {
    scratch.write(join(folder, 'package.json'), '{ "name": "deploys", "private": true }')
    execFileSync('npm', ['install', ...QUIET, ...packages], { cwd: join(scratch.path, folder) })
    return join(scratch.path, folder, 'node_modules')
  }

  before(function () {
    this.timeout(600_000)
    scratch = new Scratch()
    const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch.path], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    const tarball = join(scratch.path, packed.trim().split('\n').at(-1) ?? '')
    for (const major of NODES) {
      const isThis = process.versions.node.startsWith(`${major}.`)
      const path = () => join(install(`node-${major}`, `node@${major}`), 'node', 'bin', 'node')
      nodes.set(major, isThis ? process.execPath : path())
    }
    for (const [name, version] of Object.entries({ lowest: LOWEST, highest: HIGHEST })) {
      install(name, tarball, `@cucumber/cucumber@${version}`)
      scratch.write(
        join(name, 'cucumber.js'),
        "const { profiles } = require('lockstep')\nmodule.exports = profiles({ require: ['own.js'] })\n",
      )
      scratch.write(join(name, 'own.js'), OWN)
      for (const [file, feature] of Object.entries(FEATURES)) scratch.write(join(name, file), feature)
    }
  })

  after(() => scratch.remove())

  /** Cucumber says itself which Node it does not run on. */
  const cucumberOn = (name: string, major: number) => {
    const cwd = join(scratch.path, name)
    const cucumber = join(cwd, 'node_modules', '@cucumber', 'cucumber')
    const { engines, version } = JSON.parse(readFileSync(join(cucumber, 'package.json'), 'utf8')) as {
      engines: { node: string }
      version: string
    }
    const run = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(
        nodes.get(major) ?? '',
        [join(cucumber, 'bin', 'cucumber.js'), ...args],
        { cwd, encoding: 'utf8', env: { ...process.env, CI: 'true', GITHUB_ACTIONS: '' } },
      )
      return { status, output: stdout + stderr }
    }
    return { run, version, isMeant: engines.node.split('||').some((range) => fits(range.trim(), major)) }
  }

  for (const name of ['lowest', 'highest'])
    for (const major of NODES)
      it(`rolls out, stops and refuses with the ${name} cucumber on Node ${major}`, function () {
        const { run, version, isMeant } = cucumberOn(name, major)
        if (!isMeant) {
          expect([name, major], 'cucumber 13 has left Node 20 behind').to.deep.equal(['highest', 20])
          return
        }
        const expectRun = (args: string[], code: number, ...said: string[]) => {
          const { status, output } = run(...args)
          expect(status, `cucumber ${version}\n${output}`).to.equal(code)
          for (const text of said) expect(output).to.contain(text)
        }
        expectRun(['good.feature'], 0, 'embedded · embedded fleet', 'HELD', '8/8 hosts')
        expectRun(
          ['skipped.feature'],
          1,
          '"a step of our own says skipped" was skipped',
          'Still out of rotation',
        )
        expectRun(['hook.feature'], 1, 'was skipped', 'and not by Lockstep')
        expectRun(['leaves.feature'], 1, 'the process was ended in mid-run', 'Still out of rotation: 8 hosts')
        expectRun(['bad.feature'], 2, 'bad.feature:4: unknown step', 'nothing was sent')
        expectRun(['good.feature', '--dry-run'], 2, 'nothing was sent')
        expectRun(['-p', 'ci', 'good.feature'], 0, 'READ  1 feature')
      }).timeout(120_000)
}).timeout(60_000)

const HOSTS = `Feature: Own
  Scenario: Own
    Given the load balancer has ip address 192.168.1.1
    And I want to update hosts with class roles::dev_server
    And I want to update hosts with fact country=de
    When I block the load balancer
`
const FEATURES = {
  'good.feature': `${HOSTS}    And I unblock the load balancer\n`,
  'skipped.feature': `${HOSTS}    And a step of our own says skipped\n    And I unblock the load balancer\n`,
  'hook.feature': `@left-out\n${HOSTS}    And I unblock the load balancer\n`,
  'leaves.feature': `${HOSTS}    And a step of our own leaves\n    And I unblock the load balancer\n`,
  'bad.feature': HOSTS.replace('class roles', 'clas roles'),
}

/** Ranges as packages write their engines: `22`, `>=24`. */
function fits(range: string, major: number): boolean {
  const [, least, exact] = /^(?:>=(\d+)|\^?(\d+))/.exec(range) ?? []
  return least === undefined ? Number(exact) === major : major >= Number(least)
}
