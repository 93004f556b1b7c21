import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { argsOfCucumber, callsIn, formatCucumber, formatLockstep, formatRollout, PLACES } from './commands'

describe('a proposed command', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const where = (cwd: string, root: string, env: Record<string, string> = {}) => ({
    cwd: join(scratch.path, cwd),
    root: join(scratch.path, root),
    env,
    program: undefined,
  })
  const link = (to: string, from: string) => {
    mkdirSync(join(scratch.path, from, '..'), { recursive: true })
    symlinkSync(join(scratch.path, to), join(scratch.path, from))
  }
  const installed = (folder: string) => {
    scratch.write(`${folder}/node_modules/lockstep/dist/support/bin/lockstep.cjs`, '')
    scratch.write(`${folder}/node_modules/@cucumber/cucumber/bin/cucumber.js`, '')
    link(
      `${folder}/node_modules/lockstep/dist/support/bin/lockstep.cjs`,
      `${folder}/node_modules/.bin/lockstep`,
    )
    link(
      `${folder}/node_modules/@cucumber/cucumber/bin/cucumber.js`,
      `${folder}/node_modules/.bin/cucumber-js`,
    )
  }

  it('goes by the file in a clone, from wherever it is pasted', () => {
    scratch.write('clone/support/bin/lockstep.cjs', '')
    expect(formatLockstep('status', [], where('clone', 'clone'))).to.equal(
      'node support/bin/lockstep.cjs status',
    )
    mkdirSync(join(scratch.path, 'other'))
    expect(formatLockstep('status', [], where('other', 'clone'))).to.equal(
      'node ../clone/support/bin/lockstep.cjs status',
    )
    expect(formatCucumber('-p live', where('other', 'clone'))).to.equal(
      'node ../clone/node_modules/@cucumber/cucumber/bin/cucumber.js -p live',
    )
  })

  it('goes by npx where it is a dependency, and never lets npx fetch a package', () => {
    installed('project')
    for (const cwd of ['project', 'project/deep/er']) {
      mkdirSync(join(scratch.path, cwd), { recursive: true })
      const here = where(cwd, 'project/node_modules/lockstep')
      expect(formatLockstep('status', [], here)).to.equal('npx --no-install lockstep status')
      expect(formatCucumber('-p live', here)).to.equal('npx cucumber-js -p live')
    }
  })

  it('goes by the programs of a package that brings its own Node, where no other may be', () => {
    const root = 'usr/lib/lockstep/node_modules/lockstep'
    scratch.write(`${root}/dist/support/bin/lockstep.cjs`, '')
    for (const name of ['node', 'lockstep', 'cucumber-js']) scratch.write(`usr/lib/lockstep/bin/${name}`, '')
    link('usr/lib/lockstep/bin/lockstep', 'usr/bin/lockstep')
    mkdirSync(join(scratch.path, 'deploys'))
    const bin = join(scratch.path, 'usr/lib/lockstep/bin')
    const onPath = where('deploys', root, { PATH: join(scratch.path, 'usr/bin') })
    expect(formatLockstep('status', [], onPath)).to.equal('lockstep status')
    expect(formatLockstep('status', [], where('deploys', root))).to.equal(`${bin}/lockstep status`)
    expect(formatCucumber('-p live', onPath)).to.equal(`${bin}/cucumber-js -p live`)
  })

  it('goes by its name where the shell finds it, but not where only npm does', () => {
    installed('lib')
    link('lib/node_modules/lockstep/dist/support/bin/lockstep.cjs', 'bin/lockstep')
    mkdirSync(join(scratch.path, 'elsewhere'))
    const said = (path: string) =>
      formatLockstep('status', [], where('elsewhere', 'lib/node_modules/lockstep', { PATH: path }))
    expect(said(`/nowhere:${join(scratch.path, 'bin')}`)).to.equal('lockstep status')
    expect(said(join(scratch.path, 'lib/node_modules/.bin'))).to.match(/^node \.\.\/lib\//)
  })

  it('is not that of a stranger with the same name', () => {
    installed('project')
    scratch.write('clone/support/bin/lockstep.cjs', '')
    scratch.write('bin/lockstep', '')
    const here = where('project', 'clone', { PATH: join(scratch.path, 'bin') })
    expect(formatLockstep('status', [], here)).to.equal('node ../clone/support/bin/lockstep.cjs status')
  })

  it('repeats the settings that it needs, and the words of the command line, for a shell to read back', () => {
    installed('project')
    const env = {
      LOCKSTEP_ENVIRONMENT: 'test',
      LOCKSTEP_VARIABLES: "a=it's",
      LOCKSTEP_PLAN: 'old',
      STOMP_USER: 'me',
    }
    const here = where('project', 'project/node_modules/lockstep', env)
    expect(formatLockstep('status', PLACES, here)).to.equal(
      'LOCKSTEP_ENVIRONMENT=test npx --no-install lockstep status',
    )
    expect(
      formatRollout(['-p', 'live', '--tags', 'not @a'], { LOCKSTEP_RESUME: 'r' }, callsIn(here)),
    ).to.equal(
      String.raw`LOCKSTEP_RESUME=r LOCKSTEP_ENVIRONMENT=test LOCKSTEP_VARIABLES='a=it'\''s' npx cucumber-js -p live --tags 'not @a'`,
    )
  })

  it('hands over every word as it was', () => {
    scratch.write('node_modules/.bin/cucumber-js', '')
    const args = [
      'a b',
      "it's",
      "''",
      '$HOME `id`',
      'a\nb',
      '',
      '[x].feature',
      '*',
      '\\',
      '"',
      '; ls',
      'ü',
      '-p',
    ]
    const command = formatRollout(args, {}, callsIn(where('', ''))).replace(
      'npx cucumber-js',
      "printf '%s\\0'",
    )
    expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\0').slice(0, -1)).to.deep.equal(
      args,
    )
  })

  it('knows what cucumber-js was told, and that other programs were told nothing of it', () => {
    for (const program of ['/x/node_modules/.bin/cucumber-js', '/x/bin/cucumber.js'])
      expect(argsOfCucumber(['node', program, '-p', 'live'])).to.deep.equal(['-p', 'live'])
    expect(argsOfCucumber(['node', '/x/mocha.js', 'a'])).to.equal(undefined)
  })
})
