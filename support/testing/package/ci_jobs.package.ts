import { cpSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import { parse } from 'yaml'
import { init } from '../../bin/init'
import { LiveRollout } from '../live_rollout'
import { cleanEnv, installedWith, SHELL, USUAL } from './packed'

const RELEASE = `Feature: Release
  Background:
    Given this is release 1.2
    And I want to update hosts with class roles::dev_server
    And I want to update hosts with fact country=de
  Scenario: The website
    When I update the package mywebapp
    Then the package version for mywebapp should be 4.2.6-3.el5
`
const NEXT = RELEASE.replace('Feature: Release', 'Feature: Next').replace(
  'And I want',
  'And release 1.2 should have passed in test\n    And I want',
)

interface Step {
  uses?: string
  run?: string
  if?: string
  env?: Record<string, string>
  with?: Record<string, unknown>
}

/**
 * The generated jobs, with a runner's work between their lines: it cleans the working copy, and carries artifacts from
 * job to job.
 */
describe('the generated jobs, between which a runner cleans up', () => {
  let live: LiveRollout
  let work: string

  beforeEach(async () => {
    live = await LiveRollout.prepare('')
    const { scratch } = live
    // The package is installed above the working copy, so that cleaning up costs no `npm ci`.
    symlinkSync(join(installedWith(USUAL), 'node_modules'), join(scratch.path, 'node_modules'))
    work = join(scratch.path, 'deploys')
    const fleet = `{ client_config: ../client.cfg, discovery_window: 300 ms, timeouts: { default: 2 seconds } }`
    scratch.write('deploys/cucumber.js', "module.exports = require('lockstep').profiles()\n")
    scratch.write('deploys/package.json', '{ "private": true }')
    scratch.write('deploys/.gitignore', 'node_modules/\nreports/\n.lockstep/\n')
    scratch.write('deploys/lockstep.yaml', `environments:\n  test: ${fleet}\n  production: ${fleet}\n`)
    scratch.write('deploys/release.feature', RELEASE)
    scratch.write('deploys/next.feature', NEXT)
    for (const ci of ['github', 'gitlab']) init({ cwd: work, options: { ci } })
    const mine = ['-c', 'user.name=me', '-c', 'user.email=me@here']
    await run(['git init -q', 'git add -A', `git ${mine.join(' ')} commit -q -m First`])
  })
  afterEach(() => live.stop())

  const run = async (lines: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const [program, ...args] = SHELL
    const { exitCode, all } = await execa(program, [...args, lines.join('\n')], {
      cwd: work,
      env: {
        ...cleanEnv(work),
        HOME: live.scratch.path,
        LOCKSTEP_LOCKS: join(live.scratch.path, '.locks'),
        ...env,
      },
      extendEnv: false,
      reject: false,
      all: true,
    })
    return { status: exitCode, output: all }
  }
  const copy = (from: string, to: string) => {
    rmSync(to, { recursive: true, force: true })
    if (existsSync(from)) cpSync(from, to, { recursive: true })
  }

  /** Plans and rolls out. Resolves with the output of the last job. */
  type Pipeline = (feature: string, environment: string) => ReturnType<typeof run>

  const onGithub: Pipeline = async (feature, environment) => {
    const workflow = parse(readFileSync(join(work, '.github/workflows/rollout.yml'), 'utf8')) as {
      env: Record<string, string>
      jobs: Record<string, { steps: Step[] }>
    }
    const state = /\|\| '([^']+)'/.exec(workflow.env['LOCKSTEP_STATE'] ?? '')?.[1] ?? ''
    const env = { FEATURE: feature, LOCKSTEP_STATE: state, LOCKSTEP_ENVIRONMENT: environment }
    const artifact = (step: Step) => join(live.scratch.path, 'artifacts', String(step.with?.['name']))
    let said = { status: 0 as number | undefined, output: '' }
    for (const job of ['plan', 'live'])
      for (const step of workflow.jobs[job]?.steps ?? []) {
        if ((said.status !== 0 && step.if !== 'always()') || step.run === 'npm ci') continue
        const action = /^actions\/(\w+(?:-\w+)?)/.exec(step.uses ?? '')?.[1]
        if (action === 'checkout')
          await run(step.with?.['clean'] === false ? [] : ['git clean -ffdx', 'git reset -q --hard HEAD'])
        if (action === 'upload-artifact') copy(join(work, String(step.with?.['path'])), artifact(step))
        if (action === 'download-artifact') copy(artifact(step), join(work, String(step.with?.['path'])))
        if (step.run === undefined) continue
        const done = await run([step.run], env)
        if (done.status !== 0 || step.run.includes('cucumber-js')) said = done
      }
    return said
  }

  const onGitlab: Pipeline = async (feature, environment) => {
    const pipeline = parse(readFileSync(join(work, '.gitlab-ci.yml'), 'utf8')) as Record<
      string,
      { script: string[]; after_script?: string[]; artifacts?: { paths: string[] } }
    > & { variables: Record<string, string>; default: { artifacts: { paths: string[] } } }
    const { LOCKSTEP_STATE = '.lockstep', GIT_CLEAN_FLAGS = '-ffdx' } = pipeline.variables
    const env = {
      FEATURE: feature,
      LOCKSTEP_STATE: LOCKSTEP_STATE.replace('${CI_PROJECT_DIR}', work),
      LOCKSTEP_ENVIRONMENT: environment,
    }
    const kept = join(live.scratch.path, 'artifacts')
    let said = { status: 0 as number | undefined, output: '' }
    for (const name of ['plan', 'live']) {
      const job = pipeline[name]
      if (said.status !== 0 || job === undefined) continue
      await run([`git clean ${GIT_CLEAN_FLAGS}`, 'git reset -q --hard HEAD'])
      const { paths } = job.artifacts ?? pipeline.default.artifacts
      if (name === 'live') for (const path of paths) copy(join(kept, path), join(work, path))
      said = await run(job.script, env)
      await run(job.after_script ?? [], env)
      for (const path of paths) copy(join(work, path), join(kept, path))
    }
    return said
  }

  for (const [name, pipeline, state] of [
    ['GitHub', onGithub, 'lockstep-state'],
    ['GitLab', onGitlab, 'deploys.lockstep'],
  ] as const) {
    it(`let a release go on from test to production, as ${name} runs them`, async () => {
      const early = await pipeline('next.feature', 'production')
      expect(early.status, early.output).to.equal(6)
      expect(early.output).to.contain('release 1.2 has not passed in test')
      const test = await pipeline('release.feature', 'test')
      expect(test.status, test.output).to.equal(0)
      const production = await pipeline('next.feature', 'production')
      expect(production.status, production.output).to.equal(0)
      expect(production.output).to.contain('release 1.2 passed in test on 8 hosts')
      const kept = join(live.scratch.path, state)
      expect(existsSync(join(kept, 'history', 'test', '1.2', 'index.json'))).to.equal(true)
      expect(existsSync(join(live.scratch.path, 'artifacts'))).to.equal(true)
      await run(['git clean -ffdx'])
      const drift = await run(['npx --no-install lockstep drift --environment test'], {
        LOCKSTEP_STATE: kept,
      })
      expect(drift.output).to.contain('DRIFT OK')
      // A runner that shares nothing forgets, and says so.
      rmSync(kept, { recursive: true })
      const forgotten = await pipeline('next.feature', 'production')
      expect(forgotten.status, forgotten.output).to.equal(6)
    })
  }
})
