import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../scratch'
import { cleanEnv, copyInstalled, installedWith, installedWithTsx, ROOT, shell, USUAL } from './packed'

/** The packed package in projects of a newcomer, whose folders find the packages installed in the folder above them. */
describe('the packed package, for a newcomer', () => {
  let scratch: Scratch
  before(() => {
    scratch = new Scratch()
    copyInstalled(installedWith(USUAL), scratch.path)
  })
  after(() => scratch.remove())

  const project = (name: string, manifest: object = {}) => {
    scratch.write(`${name}/package.json`, JSON.stringify({ name, private: true, ...manifest }))
    return join(scratch.path, name)
  }

  /** Returns the commands that are indented below a line that ends with a colon: they are there to be pasted. */
  const proposals = (output: string) =>
    [...output.matchAll(/:\n +(.*\b(?:npx|cucumber-js|lockstep|node)\b.*)$/gm)].map(
      ([, command = '']) => command,
    )

  for (const [name, manifest, tsx] of [
    ['commonjs', {}, false],
    ['modules', { type: 'module' }, false],
    ['typescript', {}, true],
    ['typescript-modules', { type: 'module' }, true],
  ] as const)
    it(`is begun in a project of kind ${name}: what init proposes works when it is pasted`, () => {
      const cwd = project(name, manifest)
      if (tsx) symlinkSync(join(installedWithTsx(), 'node_modules'), join(cwd, 'node_modules'))
      const begun = shell(['npx --no-install lockstep init'], cwd)
      expect(begun.status, begun.output).to.equal(0)
      expect(existsSync(join(cwd, 'step_definitions', tsx ? 'website.ts' : 'website.js'))).to.equal(true)
      const proposed = proposals(begun.output)
      expect(proposed.slice(0, 2)).to.deep.equal(['npx cucumber-js', 'npx --no-install lockstep help'])
      for (const command of proposed.slice(0, 2)) {
        const { status, output } = shell([command], cwd)
        expect(status, output).to.equal(0)
        if (command === 'npx cucumber-js')
          expect(output).to.contain('the website is up to date').and.contain('PASSED')
      }
      const again = shell(['npx --no-install lockstep init'], cwd)
      expect(again.output).not.to.match(/^ {2}(?:wrote|added) /m)
      const script = shell(['npm run --silent rollout:lint'], cwd)
      expect(script.status, script.output).to.equal(0)
    })

  it('takes a configuration that is an ES module and exports a function, and refuses one that exports an object', () => {
    const cwd = project('configured', { type: 'module' })
    const write = (exported: string) =>
      scratch.write(
        'configured/cucumber.js',
        `import { profiles } from 'lockstep'\nexport default ${exported}profiles({ import: ['step_definitions/**/*.js'] })\n`,
      )
    write('() => ')
    expect(shell(['npx --no-install lockstep init'], cwd).output).to.contain('kept   cucumber.js')
    const { status, output } = shell(['npx cucumber-js'], cwd)
    expect(status, output).to.equal(0)
    expect(output).to.contain('the website is up to date').and.contain('PASSED')
    write('')
    const refused = shell(['npx cucumber-js'], cwd)
    expect(refused.status, refused.output).to.equal(2)
    expect(refused.output).to.contain('export default () => profiles(…); nothing was sent')
  })

  describe('proposes commands that work where they are printed', () => {
    /** Runs a rollout with an unknown step, which proposes a command of either kind, and returns the proposals. */
    const told = (cwd: string, cucumber: string, env: Record<string, string> = {}) => {
      const { output } = shell([`${cucumber} bad.feature`], cwd, env)
      expect(output, output).to.contain('INVALID')
      return proposals(output)
    }
    const bad = 'Feature: Bad\n  Scenario: Bad\n    When I tidy up\n'

    const expectToWork = (commands: readonly string[], cwd: string, env: Record<string, string> = {}) => {
      expect(commands).not.to.deep.equal([])
      for (const command of commands) {
        const { status, output } = shell([command], cwd, env)
        expect(status, `${command}\n${output}`).to.equal(0)
        expect(output).to.contain('I block the load balancer')
      }
    }

    it('in a project that depends on it', () => {
      const cwd = project('dependent')
      expect(shell(['npx --no-install lockstep init'], cwd).status).to.equal(0)
      scratch.write('dependent/bad.feature', bad)
      const commands = told(cwd, 'npx cucumber-js')
      expect(commands).to.deep.equal(['npx --no-install lockstep steps'])
      expectToWork(commands, cwd)
    })

    it('in a clone', () => {
      mkdirSync(join(scratch.path, 'beside'))
      scratch.write(
        'beside/cucumber.js',
        `module.exports = require(${JSON.stringify(join(ROOT, 'cucumber.js'))})\n`,
      )
      scratch.write('beside/bad.feature', bad)
      const env = { TS_NODE_PROJECT: join(ROOT, 'tsconfig.json') }
      const cwd = join(scratch.path, 'beside')
      const commands = told(cwd, `node ${join(ROOT, 'node_modules/@cucumber/cucumber/bin/cucumber.js')}`, env)
      expect(commands.join('\n')).to.match(/^node \S+\/support\/bin\/lockstep\.cjs steps$/)
      expectToWork(commands, cwd)
    })

    it('where it is installed for all', () => {
      mkdirSync(join(scratch.path, 'bin'))
      symlinkSync(
        join(scratch.path, 'node_modules/lockstep/dist/support/bin/lockstep.cjs'),
        join(scratch.path, 'bin/lockstep'),
      )
      const elsewhere = new Scratch()
      const env = { PATH: `${join(scratch.path, 'bin')}:${cleanEnv(scratch.path)['PATH'] ?? ''}` }
      const { output } = shell(['lockstep put-back || true'], elsewhere.path, env)
      expect(output).to.match(/; (?:LOCKSTEP_LOCKS=\S+ )?lockstep status lists them/)
      expect(shell(['lockstep status'], elsewhere.path, env).status).to.equal(0)
      elsewhere.remove()
    })
  })

  it('cannot be published by mistake under a name that is not ours', () => {
    const manifest = JSON.parse(
      readFileSync(join(scratch.path, 'node_modules/lockstep/package.json'), 'utf8'),
    ) as object
    expect(manifest).to.have.property('private', true)
  })
})
