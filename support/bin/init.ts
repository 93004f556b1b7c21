import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { LockstepError } from '../system/errors'

const FILES: Readonly<Record<string, string>> = {
  'cucumber.js': `const { profiles } = require('lockstep')

module.exports = profiles({ require: ['step_definitions/**/*.js'] })
`,
  'features/deployments/website.feature': `Feature: Update the production systems
    Background:
        Given the load balancer has ip address 192.168.1.1
        And I want to update hosts with class roles::dev_server
        And I want to update hosts with fact country=de
        And I want to pre-discover how many hosts to update
    Scenario: Update the website
        When I block the load balancer
        Then traffic from the load balancer should be blocked
        When I update the package mywebapp
        Then the package version for mywebapp should be 4.2.6-3.el5
        When I unblock the load balancer
        Then traffic from the load balancer should be unblocked
`,
  '.vscode/settings.json': `{
  "cucumber.features": ["features/**/*.feature"],
  "cucumber.glue": ["node_modules/lockstep/dist/glue/**/*.ts", "step_definitions/**/*.js", "step_definitions/**/*.ts"]
}
`,
}

/** Where each CI system looks for what it has to do. */
const CI: Readonly<Record<string, string>> = {
  github: '.github/workflows/rollout.yml',
  gitlab: '.gitlab-ci.yml',
}

/**
 * Writes what a repository of deploys starts with, and with `--ci` what a CI system does with it; a file that is there
 * already is left as it is.
 */
export function init(cwd: string, args: readonly string[]): { text: string; exitCode: number } {
  const lines = Object.entries({ ...FILES, ...ciFile(args) }).map(([name, content]) => {
    const path = join(cwd, name)
    if (existsSync(path)) return `  kept   ${name}`
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return `  wrote  ${name}`
  })
  return { text: `${lines.join('\n')}\n\nTry it on the embedded fleet: npx cucumber-js\n`, exitCode: 0 }
}

function ciFile(args: readonly string[]): Record<string, string> {
  const system = chosen(args)
  if (system === undefined) return {}
  const path = Object.hasOwn(CI, system) ? CI[system] : undefined
  if (path === undefined)
    throw new LockstepError(
      'bad-input',
      `--ci ${JSON.stringify(system)} is not known; say --ci ${Object.keys(CI).join(' or --ci ')}`,
    )
  return { [path]: readFileSync(join(__dirname, 'ci', `${system}.yaml`), 'utf8') }
}

function chosen(args: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...args], options: { ci: { type: 'string' } } }).values.ci
  } catch (error) {
    throw new LockstepError('bad-input', `${(error as Error).message}; say: lockstep init --ci github`, {
      cause: error,
    })
  }
}
