import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { readLockstepYaml } from '../config/lockstep_yaml'
import { LockstepError } from '../system/errors'
import { lint } from '../lint/lint'
import { featureOf, phraseOf } from '../testing/feature_lines'
import { Scratch } from '../testing/scratch'
import { COMMANDS } from './commands'
import { init } from './init'
import { parseCommandLine } from './parse'

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

function contentOf(path: string): string | undefined {
  return statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined
}

const JOBS = ['lint', 'rehearse', 'plan', 'live']

describe('lockstep init', () => {
  let scratch: Scratch
  const read = (name: string) => readFileSync(join(scratch.path, name), 'utf8')

  beforeEach(() => {
    scratch = new Scratch()
  })

  afterEach(() => scratch.remove())

  it('writes what a repository starts with, and nothing for CI unless asked', () => {
    const { text, exitCode } = init({ cwd: scratch.path, options: { ci: undefined } })
    expect(exitCode).to.equal(0)
    expect(text).to.contain('wrote  cucumber.js').and.not.to.contain('.yml')
    expect(read('.gitignore')).to.equal('node_modules/\nreports/\n.lockstep/\n')
    expect(read('step_definitions/website.js')).to.contain("require('lockstep')")
  })

  it('writes a first feature in which the linter finds nothing', () => {
    init({ cwd: scratch.path, options: { ci: undefined } })
    const lines = read('features/deployments/website.feature')
      .split('\n')
      .map((line) => line.trim().replace(/^(Feature|Background|Scenario):.*/, '$1'))
      .filter((line) => line !== 'Feature')
    expect(lint(featureOf(lines.join('\n')))).to.deep.equal([])
  })

  it('is harmless a second time, and says so', () => {
    scratch.write('package.json', '{\n\t"name": "deploys",\n\t"scripts": { "rollout:live": "mine" }\n}\n')
    init({ cwd: scratch.path, options: { ci: undefined } })
    const files = readdirSync(scratch.path, { recursive: true, encoding: 'utf8' }).sort()
    const before = files.map((name) => contentOf(join(scratch.path, name)))
    const lines =
      init({ cwd: scratch.path, options: { ci: undefined } })
        .text.split('\n\n')[0]
        ?.split('\n') ?? []
    expect(lines.filter((line) => !line.startsWith('  kept '))).to.deep.equal([])
    expect(readdirSync(scratch.path, { recursive: true, encoding: 'utf8' }).sort()).to.deep.equal(files)
    expect(files.map((name) => contentOf(join(scratch.path, name)))).to.deep.equal(before)
  })

  it('adds what package.json and .gitignore lack, and changes nothing else in them', () => {
    scratch.write('package.json', '{\n\t"name": "deploys",\n\t"scripts": { "rollout:live": "mine" }\n}\n')
    scratch.write('.gitignore', 'dist\n/node_modules')
    init({ cwd: scratch.path, options: { ci: undefined } })
    expect(read('.gitignore')).to.equal('dist\n/node_modules\nreports/\n.lockstep/\n')
    const manifest = JSON.parse(read('package.json')) as { name: string; scripts: Record<string, string> }
    expect(manifest).to.have.property('name', 'deploys')
    expect(manifest.scripts).to.include({ 'rollout:live': 'mine', 'rollout:ci': 'cucumber-js -p ci' })
    expect(read('package.json')).to.contain('\n\t"name"')
  })

  it('leaves a configuration of cucumber that has another name', () => {
    scratch.write('cucumber.mjs', 'export default {}')
    expect(init({ cwd: scratch.path, options: { ci: undefined } }).text).to.contain('kept   cucumber.mjs')
    expect(existsSync(join(scratch.path, 'cucumber.js'))).to.equal(false)
  })

  for (const [name, manifest, said] of [
    ['cucumber.js', '{}', 'module.exports = profiles('],
    ['cucumber.mjs', '{}', 'export default () => profiles('],
    ['cucumber.js', '{ "type": "module" }', 'export default () => profiles('],
    ['cucumber.yaml', '{}', 'move its settings, remove it, and say init again'],
  ] as const)
    it(`says how ${name} of a project ${manifest} comes to know Lockstep's sentences`, () => {
      scratch.write('package.json', manifest)
      scratch.write(name, '')
      const { text } = init({ cwd: scratch.path, options: { ci: undefined } })
      expect(text)
        .to.contain(`kept   ${name}`)
        .and.to.contain(`${name} is not Lockstep's`)
        .and.to.contain(said)
      scratch.write(name, "import { profiles } from 'lockstep'")
      expect(init({ cwd: scratch.path, options: { ci: undefined } }).text).not.to.contain("is not Lockstep's")
    })

  it('writes nothing at all where it cannot write everything', () => {
    for (const [name, content] of [
      ['features', 'a file where a folder belongs'],
      ['package.json', '{ "name": '],
      ['package.json', '{ "scripts": [] }'],
    ] as const) {
      const other = new Scratch()
      other.write(name, content)
      expect(() => init({ cwd: other.path, options: { ci: undefined } }), content).to.throw(
        LockstepError,
        /written/,
      )
      expect(readdirSync(other.path)).to.deep.equal([name])
      other.remove()
    }
  })

  it('writes steps as ES modules for a project of those', () => {
    scratch.write('package.json', '{ "type": "module" }')
    init({ cwd: scratch.path, options: { ci: undefined } })
    expect(read('cucumber.cjs')).to.contain("import: ['step_definitions/**/*.js']")
    expect(read('step_definitions/website.js')).to.contain("from 'lockstep'")
  })

  it('writes steps in TypeScript where tsx is installed', () => {
    scratch.write('node_modules/tsx/package.json', '{ "exports": { "./cjs": "./cjs.js" } }')
    scratch.write('node_modules/tsx/cjs.js', '')
    init({ cwd: scratch.path, options: { ci: undefined } })
    expect(read('cucumber.js')).to.contain("requireModule: [require.resolve('tsx/cjs')]")
    expect(read('step_definitions/website.ts')).to.contain('this: LockstepWorld')
  })

  it('writes a lockstep.yaml that says where the fleet is', () => {
    init({ cwd: scratch.path, options: { ci: undefined } })
    const context = { env: {}, hostname: 'control', uid: 0 }
    expect(() => readLockstepYaml(join(scratch.path, 'lockstep.yaml'), undefined, context)).not.to.throw(
      /expected/,
    )
    expect(
      Object.keys((parse(read('lockstep.yaml')) as { environments: object }).environments),
    ).to.deep.equal(['test'])
    const all = parse(read('lockstep.yaml').replace(/^( +)# ( *[\w-])/gm, '$1$2')) as { environments: object }
    expect(Object.keys(all.environments)).to.deep.equal(['test', 'production'])
  })

  it('writes a first feature of known sentences and one step of its own', () => {
    init({ cwd: scratch.path, options: { ci: undefined } })
    const lines = read('features/deployments/website.feature').matchAll(/^\s*(?:Given|When|Then|And) (.*)$/gm)
    const own = [...lines].flatMap(([, text = '']) => (phraseOf(text) === undefined ? [text] : []))
    expect(own).to.deep.equal(['the website is up to date'])
    expect(read('step_definitions/website.js')).to.contain("Then('the website is up to date'")
  })

  it('leaves existing files as they are', () => {
    scratch.write('.gitlab-ci.yml', 'ours')
    expect(init({ cwd: scratch.path, options: { ci: 'gitlab' } }).text).to.contain('kept   .gitlab-ci.yml')
    expect(read('.gitlab-ci.yml')).to.equal('ours')
  })

  it('refuses a CI system that it does not know, and arguments that it has not', () => {
    for (const args of [['--ci', 'toString'], ['--ci'], ['--ce', 'github'], ['github']])
      expect(() => parseCommandLine(['init', ...args], COMMANDS), args.join(' ')).to.throw(
        /init --help tells more/,
      )
  })

  describe('for GitHub', () => {
    const workflow = () => {
      init({ cwd: scratch.path, options: { ci: 'github' } })
      return parse(read('.github/workflows/rollout.yml')) as {
        on: Record<string, unknown>
        env: Record<string, string>
        permissions: unknown
        jobs: Record<string, Job>
      }
    }
    const job = (name: string): Job => workflow().jobs[name] ?? { steps: [] }

    it('has the four jobs, each after the one before', () => {
      expect(Object.keys(workflow().jobs)).to.deep.equal(JOBS)
      expect(JOBS.map((name) => job(name).needs)).to.deep.equal([undefined, 'lint', 'rehearse', 'plan'])
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

    it('keeps the reports after any result of a job, and what outlives a rollout where no checkout cleans up', () => {
      for (const name of JOBS) {
        const last = job(name).steps.at(-1)
        expect(last).to.include({ uses: 'actions/upload-artifact@v4', if: 'always()' })
        expect(last?.with?.['path']).to.contain('reports/')
      }
      expect(workflow().env['LOCKSTEP_STATE']).to.equal("${{ vars.LOCKSTEP_STATE || '../lockstep-state' }}")
    })

    it('hands secrets and what was typed in to commands by the environment alone', () => {
      for (const name of JOBS) for (const { run = '' } of job(name).steps) expect(run).not.to.contain('${{')
      const secret = job('live').steps.filter(({ env }) => JSON.stringify(env ?? {}).includes('secrets.'))
      expect(secret.map(({ run }) => run?.includes('-p live'))).to.deep.equal([true])
    })
  })

  describe('for GitLab', () => {
    const pipeline = () => {
      init({ cwd: scratch.path, options: { ci: 'gitlab' } })
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

    it('keeps the reports after any result of a job, shows JUnit, and keeps what outlives a rollout elsewhere', () => {
      const reports = { junit: 'reports/junit.xml' }
      expect(pipeline().default.artifacts).to.deep.equal({ when: 'always', paths: ['reports/'], reports })
      expect(pipeline()['variables']).to.include({ LOCKSTEP_STATE: '${CI_PROJECT_DIR}.lockstep' })
    })
  })
})
