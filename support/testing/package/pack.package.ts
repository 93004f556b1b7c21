import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { Scratch } from '../scratch'
import { copyInstalled, installedWith, ROOT, run as runIn, shell, USUAL } from './packed'

describe('the packed package, in a repository of its own', () => {
  let scratch: Scratch
  const run = (command: string, args: string[], env: Record<string, string> = {}) =>
    runIn(scratch.path, [command, ...args], env)

  before(() => {
    scratch = new Scratch()
    copyInstalled(installedWith(USUAL), scratch.path)
  })

  after(() => scratch.remove())

  it('is prepared by `lockstep init`: a cucumber.js of three lines, a feature, editor settings', () => {
    const { status, output } = run('npx', ['--no', 'lockstep', 'init'])
    expect(status, output).to.equal(0)
    const written = readFileSync(join(scratch.path, 'cucumber.js'), 'utf8').trimEnd().split('\n')
    expect(written.length).to.be.at.most(3)
    const settings = JSON.parse(readFileSync(join(scratch.path, '.vscode', 'settings.json'), 'utf8')) as {
      'cucumber.glue': string[]
    }
    const [glue = ''] = settings['cucumber.glue']
    expect(existsSync(join(scratch.path, glue.replace('/**/*.ts', ''), 'load_balancer.ts'))).to.equal(true)
  })

  it('rolls out, with the team’s own steps beside ours and the same World', () => {
    scratch.write(
      'step_definitions/own.js',
      `const { setWorldConstructor, Then } = require('@cucumber/cucumber')\nconst { expect, LockstepWorld } = require('lockstep')\nsetWorldConstructor(class MyWorld extends LockstepWorld { hosts() { return this.rollout.hosts.frozen() } })\nThen('we are {int} hosts', async function (n) { if ((await this.hosts()).length !== n) throw new Error('no') })\nThen('it is {word}', async function (version) { expect(await this.rollout.packages.versionShouldBe('mywebapp', version)).to.pass() })\n`,
    )
    scratch.write(
      'features/own.feature',
      'Feature: Own\n  Scenario: Own\n    Given I want to update hosts with class roles::dev_server\n    Then we are 10 hosts\n    And it is 4.2.6-2.el5\n    And every host should answer\n',
    )
    // The feature runs alone: the other one updates hosts that this one checks.
    const { status, output } = run('npx', ['cucumber-js', 'features/own.feature'])
    expect(status, output).to.equal(0)
    expect(output).to.contain('PASSED').and.to.contain('10/10 hosts')
  })

  it('stops with status 1 and names the host', () => {
    const { status, output } = run('npx', ['cucumber-js', 'features/deployments/website.feature'], {
      LOCKSTEP_FAULTS: 'web3.example.net=lies from step 3',
    })
    expect(status, output).to.equal(1)
    expect(output).to.contain('web3.example.net')
  })

  it('refuses a feature that cannot be run, with status 2', () => {
    scratch.write('bad.feature', 'Feature: Bad\n  Scenario: Bad\n    When I block the lode balancer\n')
    const { status, output } = run('npx', ['cucumber-js', '-p', 'lint', 'bad.feature'])
    expect(status, output).to.equal(2)
    expect(output).to.contain('bad.feature:3: unknown step')
  })

  it('is typed: a step in TypeScript sees the rollout', () => {
    scratch.write(
      'own.ts',
      `import { Then } from '@cucumber/cucumber'\nimport { expect, hasPassed, LockstepWorld } from 'lockstep'\nclass MyWorld extends LockstepWorld {}\nThen('x', async function (this: MyWorld) {\n  const verdict = await this.rollout.packages.versionShouldBe('mywebapp', '1')\n  expect(verdict).to.pass()\n  // @ts-expect-error: there is no such expectation\n  expect(verdict).to.explode()\n  const yes: boolean = hasPassed(verdict)\n  // @ts-expect-error: there is no such verb\n  this.rollout.packages.explode(yes)\n})\n`,
    )
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    const { status, output } = run(process.execPath, [
      tsc,
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      'node',
      '--typeRoots',
      join(ROOT, 'node_modules', '@types'),
      'own.ts',
    ])
    expect(status, output).to.equal(0)
  })

  describe('in CI', () => {
    const runs = () => {
      const workflow = parse(readFileSync(join(scratch.path, '.github/workflows/rollout.yml'), 'utf8')) as {
        jobs: { lint: { steps: { run?: string }[] } }
      }
      return workflow.jobs.lint.steps.flatMap(({ run: line }) => line ?? [])
    }
    const scripts = () => {
      const pipeline = parse(readFileSync(join(scratch.path, '.gitlab-ci.yml'), 'utf8')) as {
        default: { before_script: string[] }
        lint: { script: string[] }
      }
      return [...pipeline.default.before_script, ...pipeline.lint.script]
    }
    const carriedOut = (lines: readonly string[], env: Record<string, string> = {}) =>
      shell(lines, scratch.path, env)

    before(() => {
      for (const system of ['github', 'gitlab']) {
        const { status, output } = run('npx', ['--no', 'lockstep', 'init', '--ci', system])
        expect(status, output).to.equal(0)
      }
    })

    it('reads the features as the job of GitHub does it, and leaves a summary', () => {
      expect(runs()).to.have.length(2)
      const summary = scratch.write('summary.md', '')
      const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary }
      const { status, output } = carriedOut(runs(), env)
      expect(status, output).to.equal(0)
      expect(output).to.contain('READ  2 features').and.not.to.contain('::error')
      expect(readFileSync(summary, 'utf8')).to.contain('## READ')
    })

    it('reads the features as the job of GitLab does it, and leaves JUnit', () => {
      expect(scripts()).to.have.length(2)
      rmSync(join(scratch.path, 'reports'), { recursive: true, force: true })
      const { status, output } = carriedOut(scripts(), { GITLAB_CI: 'true' })
      expect(status, output).to.equal(0)
      expect(readFileSync(join(scratch.path, 'reports', 'junit.xml'), 'utf8')).to.contain('errors="0"')
    })

    it('fails the job for a feature that cannot be run, and says where', () => {
      scratch.write(
        'features/bad.feature',
        'Feature: Bad\n  Scenario: Bad\n    When I block the lode balancer\n',
      )
      const { status, output } = carriedOut(runs().slice(1), { GITHUB_ACTIONS: 'true' })
      rmSync(join(scratch.path, 'features', 'bad.feature'))
      expect(status, output).to.equal(2)
      expect(output).to.contain('::error file=features/bad.feature,line=3::unknown step')
    })
  })

  it('answers `lockstep status` and `lockstep steps`', () => {
    expect(run('npx', ['--no', 'lockstep', 'status']).output).to.contain(
      'There is no journal of a live run here.',
    )
    expect(run('npx', ['--no', 'lockstep', 'steps']).output).to.contain('I block the load balancer')
  })
})
