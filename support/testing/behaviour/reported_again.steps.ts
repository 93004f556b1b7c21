import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Then, When, type World } from '@cucumber/cucumber'
import { expect } from 'chai'
import { lockstep, type ProcessRun } from '../cucumber_process'
import type { Scratch } from '../scratch'

/** The part of the manual that the chapter on reports needs. */
interface Reported extends World {
  readonly scratch: Scratch
  readonly env: Record<string, string>
  run: ProcessRun | undefined
  /** The reports that the last run has left, by their names. */
  left: ReadonlyMap<string, string> | undefined
}

const NAMES = ['rollout.html', 'junit.xml', 'run.json']

When('the reports are kept aside, and removed', function (this: Reported) {
  this.left = reportsIn(join(this.scratch.path, 'reports'))
  rmSync(join(this.scratch.path, 'reports'), { recursive: true })
})

When('I run lockstep {string} for the last run', async function (this: Reported, command: string) {
  const args = command.replace('<run>', lastRun(this.scratch.path)).split(' ')
  this.run = await lockstep(args, this.scratch.path, this.env)
})

Then('the reports in {string} should be those that the run left', function (this: Reported, folder: string) {
  expect(reportsIn(join(this.scratch.path, folder))).to.deep.equal(this.left)
})

function reportsIn(folder: string): ReadonlyMap<string, string> {
  const recoveries = readdirSync(folder).filter((name) => /^recovery-.*\.feature$/.test(name))
  return new Map(
    [...NAMES, ...recoveries.sort()].map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
}

function lastRun(cwd: string): string {
  const names = readdirSync(join(cwd, '.lockstep'), { recursive: true, encoding: 'utf8' })
  const runs = names
    .filter((name) => name.endsWith('.ndjson') && !name.startsWith('history'))
    .map((name) => basename(name, '.journal.ndjson'))
  return runs.sort().at(-1) ?? ''
}
