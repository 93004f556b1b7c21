import { readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { compiledCopy } from '../compiled_copy'
import type { Manual } from './manual'

const ROOT = resolve(__dirname, '..', '..', '..')

/** Copies a feature that people copy. */
export function copyDeployment({ scratch }: Manual, name: string): void {
  scratch.write(name, readFileSync(join(ROOT, 'features', 'deployments', name)))
}

/** Writes a feature of one scenario. */
export function writeFeature({ scratch }: Manual, name: string, steps: string): void {
  scratch.write(name, `Feature: Own\n  Scenario: Own\n${indented(steps)}\n`)
}

/** Writes a feature whose scenario is carried out once for each wave. */
export function writeFeatureInWaves({ scratch }: Manual, name: string, waves: string, steps: string): void {
  const rows = waves.split(', ').map((wave) => `      | ${wave} |\n`)
  scratch.write(
    name,
    `Feature: Own
  Background:
    Given the load balancer has ip address 192.168.1.1
    And I want to update hosts with class roles::dev_server
    And I want to update hosts with fact country=de
  Scenario Outline: Own <wave>
    Given I take <wave>
${indented(steps)}
    Examples:
      | wave |
${rows.join('')}`,
  )
}

/** Writes a module that defines steps and hooks, with cucumber's names for them at hand. */
export function writeTeamSteps({ scratch }: Manual, name: string, code: string): void {
  const cucumber = JSON.stringify(require.resolve('@cucumber/cucumber'))
  const names = 'Given, When, Then, Before, After, BeforeStep, AfterStep, setDefinitionFunctionWrapper'
  scratch.write(name, `const { ${names} } = require(${cucumber})\n${code}\n`)
}

export function writeConfiguration({ scratch }: Manual): void {
  const own = JSON.stringify(join(compiledCopy(), 'cucumber.js'))
  scratch.write('cucumber.js', `module.exports = require(${own})\n`)
}

export function installPackages({ scratch }: Manual): void {
  const index = JSON.stringify(join(compiledCopy(), 'support', 'index.js'))
  scratch.write('node_modules/lockstep/index.js', `module.exports = require(${index})\n`)
  symlinkSync(join(ROOT, 'node_modules', '@cucumber'), join(scratch.path, 'node_modules', '@cucumber'))
}

function indented(steps: string): string {
  return steps.replace(/^/gm, '    ')
}
