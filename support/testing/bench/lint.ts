import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { Scratch } from '../scratch'
import { spread, timed } from './measure'

const ROOT = resolve(__dirname, '..', '..', '..')
const CUCUMBER = join(ROOT, 'node_modules', '@cucumber', 'cucumber', 'bin', 'cucumber.js')
const WEBSITE = join(ROOT, 'features', 'deployments', 'website.feature')
const ROUNDS = 3
const ROWS = 5_000

/** Returns the CPU time to lint a table of 5,000 waves, next to cucumber's own dry run with equal set-up. */
export function lintRow(scratch: Scratch): string {
  const cwd = scratch.path
  scratch.write('rows.feature', rowsOf(readFileSync(WEBSITE, 'utf8')))
  const glue = [
    join(ROOT, 'support', 'cucumber', 'parameter_types.ts'),
    ...readdirSync(join(ROOT, 'step_definitions')).map((name) => join(ROOT, 'step_definitions', name)),
  ].map((path) => relative(cwd, path))
  const bare = { requireModule: ['ts-node/register'], require: glue, dryRun: true, format: ['summary'] }
  scratch.write('bare.js', `module.exports = { default: ${JSON.stringify(bare)} }\n`)
  const env = { TS_NODE_PROJECT: join(ROOT, 'tsconfig.json') }
  const cpu = (...args: string[]) => {
    const cost = timed(process.execPath, [CUCUMBER, ...args, 'rows.feature'], cwd, env)
    if (cost.exitCode !== 0) throw new Error(`${ROWS} rows were not read:\n${cost.output.slice(-2000)}`)
    return cost.cpu
  }
  const rounds = Array.from({ length: ROUNDS }, () => {
    const ours = cpu('--config', relative(cwd, join(ROOT, 'cucumber.js')), '-p', 'lint')
    return { ours, bare: cpu('--config', 'bare.js') }
  })
  const ratio = spread(rounds.map(({ ours, bare: without }) => ours / without))
  const seconds = spread(rounds.map(({ ours }) => ours))
  return `| lint of a table with ${ROWS} rows ÷ cucumber’s dry run of it, CPU | ${ratio}; ${seconds} s | ≤ 1.3 |`
}

function rowsOf(feature: string): string {
  const outline = feature
    .replace('Scenario:', 'Scenario Outline:')
    .replace(/(Scenario Outline.*\n)/, '$1        Given I take the next <wave>\n')
  return `${outline}        Examples:\n            | wave |\n${'            | 1 host |\n'.repeat(ROWS)}`
}
