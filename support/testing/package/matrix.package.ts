import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../scratch'
import { copyInstalled, installedWith, nodeOf, run, type Cucumber } from './packed'

const NODES = [20, 22, 24] as const

const OWN = `const { Before, Given } = require('@cucumber/cucumber')
Given('a step of our own says {word}', (word) => word)
Given('a step of our own leaves', () => process.exit(0))
Before({ tags: '@left-out' }, () => 'skipped')
`

describe('the packed package, with every cucumber and Node it is for', () => {
  const projects = new Map<Cucumber, Scratch>()
  before(() => {
    for (const cucumber of ['lowest', 'highest'] as const) {
      const scratch = new Scratch()
      projects.set(cucumber, scratch)
      copyInstalled(installedWith(cucumber), scratch.path)
      scratch.write(
        'cucumber.js',
        "const { profiles } = require('lockstep')\nmodule.exports = profiles({ require: ['own.js'] })\n",
      )
      scratch.write('own.js', OWN)
      for (const [file, feature] of Object.entries(FEATURES)) scratch.write(file, feature)
    }
  })
  after(() => projects.forEach((scratch) => scratch.remove()))

  /** Returns a cucumber on a Node. `isMeant` follows cucumber's own engines, which say on which Node it runs. */
  const cucumberOn = (name: Cucumber, major: number) => {
    const cwd = projects.get(name)?.path ?? ''
    const cucumber = join(cwd, 'node_modules', '@cucumber', 'cucumber')
    const { engines, version } = JSON.parse(readFileSync(join(cucumber, 'package.json'), 'utf8')) as {
      engines: { node: string }
      version: string
    }
    return {
      version,
      isMeant: engines.node.split('||').some((range) => fits(range.trim(), major)),
      run: (...args: string[]) => run(cwd, [nodeOf(major), join(cucumber, 'bin', 'cucumber.js'), ...args]),
    }
  }

  for (const name of ['lowest', 'highest'] as const)
    for (const major of NODES)
      it(`rolls out, stops and refuses with the ${name} cucumber on Node ${major}`, () => {
        const { run: cucumber, version, isMeant } = cucumberOn(name, major)
        if (!isMeant) {
          expect([name, major], 'cucumber 13 has left Node 20 behind').to.deep.equal(['highest', 20])
          return
        }
        const expectRun = (args: string[], code: number, ...said: string[]) => {
          const { status, output } = cucumber(...args)
          expect(status, `cucumber ${version}\n${output}`).to.equal(code)
          for (const text of said) expect(output).to.contain(text)
        }
        expectRun(['good.feature'], 0, 'embedded · embedded fleet', 'PASSED', '8/8 hosts')
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
        expectRun(['-p', 'lint', 'good.feature'], 0, 'READ  1 feature')
      })
})

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

/** Returns whether a Node fits a range as packages write their engines: `22`, `>=24`. */
function fits(range: string, major: number): boolean {
  const [, least, exact] = /^(?:>=(\d+)|\^?(\d+))/.exec(range) ?? []
  return least === undefined ? Number(exact) === major : major >= Number(least)
}
