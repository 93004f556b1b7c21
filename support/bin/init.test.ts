import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { Scratch } from '../testing/scratch'
import { init } from './init'

interface Job {
  needs?: string | string[]
  if?: string
  environment?: unknown
  steps: {
    uses?: string
    run?: string
    if?: string
    with?: Record<string, unknown>
    env?: Record<string, string>
  }[]
  [key: string]: unknown
}

const JOBS = ['read', 'rehearse', 'plan', 'live']

describe('lockstep init', () => {
  let scratch: Scratch
  const read = (name: string) => readFileSync(join(scratch.path, name), 'utf8')

  beforeEach(() => {
    scratch = new Scratch()
  })

  afterEach(() => scratch.remove())

  it('writes what a repository starts with, and nothing for CI unless asked', () => {
    const { text, exitCode } = init(scratch.path, [])
    expect(exitCode).to.equal(0)
    expect(text).to.contain('wrote  cucumber.js').and.not.to.contain('.yml')
  })

  it('leaves alone what is there', () => {
    scratch.write('.gitlab-ci.yml', 'ours')
    expect(init(scratch.path, ['--ci', 'gitlab']).text).to.contain('kept   .gitlab-ci.yml')
    expect(read('.gitlab-ci.yml')).to.equal('ours')
  })

  it('refuses a CI system that it does not know, and arguments that it has not', () => {
    for (const args of [['--ci', 'toString'], ['--ci'], ['--ce', 'github'], ['github']])
      expect(() => init(scratch.path, args), args.join(' ')).to.throw(/--ci github/)
  })

  describe('for GitHub', () => {
    const workflow = () => {
      init(scratch.path, ['--ci', 'github'])
      return parse(read('.github/workflows/rollout.yml')) as {
        on: Record<string, unknown>
        permissions: unknown
        jobs: Record<string, Job>
      }
    }
    const job = (name: string): Job => workflow().jobs[name] ?? { steps: [] }

    it('has the four jobs, each after the one before', () => {
      expect(Object.keys(workflow().jobs)).to.deep.equal(JOBS)
      expect(JOBS.map((name) => job(name).needs)).to.deep.equal([undefined, 'read', 'rehearse', 'plan'])
    })

    it('plans and rolls out only when somebody starts it, and rolls out only once that is approved', () => {
      for (const name of ['plan', 'live'])
        expect(job(name).if).to.equal("github.event_name == 'workflow_dispatch'")
      expect(JOBS.filter((name) => job(name).environment !== undefined)).to.deep.equal(['live'])
    })

    it('has one rollout at a time to an environment, and cuts none off', () => {
      const group = { group: 'rollout-${{ inputs.environment }}', 'cancel-in-progress': false }
      expect(job('live')['concurrency']).to.deep.equal(group)
      expect(workflow()).not.to.have.property('concurrency')
    })

    it('may read the repository and nothing else, and uses the official actions alone', () => {
      expect(workflow().permissions).to.deep.equal({ contents: 'read' })
      for (const name of JOBS)
        for (const { uses } of job(name).steps)
          if (uses !== undefined)
            expect(uses).to.match(/^actions\/(?:checkout|setup-node|upload-artifact|download-artifact)@v4$/)
    })

    it('keeps the reports whatever came of a job, and the journals of a rollout', () => {
      for (const name of JOBS) {
        const last = job(name).steps.at(-1)
        expect(last).to.include({ uses: 'actions/upload-artifact@v4', if: 'always()' })
        expect(last?.with?.['path']).to.contain('reports/')
      }
      const kept = job('live').steps.at(-1)?.with
      expect(kept?.['path']).to.contain('.lockstep/')
      expect(kept?.['include-hidden-files']).to.equal(true)
    })

    it('hands secrets and what was typed in to commands by the environment alone', () => {
      for (const name of JOBS) for (const { run = '' } of job(name).steps) expect(run).not.to.contain('${{')
      const secret = job('live').steps.filter(({ env }) => JSON.stringify(env ?? {}).includes('secrets.'))
      expect(secret.map(({ run }) => run?.includes('-p live'))).to.deep.equal([true])
    })
  })

  describe('for GitLab', () => {
    const pipeline = () => {
      init(scratch.path, ['--ci', 'gitlab'])
      return parse(read('.gitlab-ci.yml')) as Record<string, Record<string, unknown>> & {
        default: { artifacts: unknown }
      }
    }

    it('has the four jobs, each in a stage of its own', () => {
      expect(pipeline()['stages']).to.deep.equal(JOBS)
      for (const name of JOBS) expect(pipeline()[name]?.['stage']).to.equal(name)
    })

    it('rolls out by hand, from the default branch, to an environment, one after the other', () => {
      expect(pipeline()['live']).to.deep.include({
        needs: ['plan'],
        rules: [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH', when: 'manual' }],
        environment: { name: '$LOCKSTEP_ENVIRONMENT' },
        resource_group: 'rollout-$LOCKSTEP_ENVIRONMENT',
        interruptible: false,
        allow_failure: { exit_codes: 5 },
      })
    })

    it('keeps the reports whatever came of a job, shows JUnit, and keeps the journals of a rollout', () => {
      const reports = { junit: 'reports/junit.xml' }
      expect(pipeline().default.artifacts).to.deep.equal({ when: 'always', paths: ['reports/'], reports })
      const own = { when: 'always', paths: ['reports/', '.lockstep/'], reports }
      expect(pipeline()['live']?.['artifacts']).to.deep.equal(own)
    })
  })
})
