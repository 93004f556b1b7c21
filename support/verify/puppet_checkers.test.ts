import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { checkersOf } from './checkers'
import { parsePuppetLint } from './puppet_lint_checker'
import { ServerPrograms } from './server_programs'
import { puppetChecker } from './puppet_checkers'
import type { FileToCheck } from './checker'

describe('the checks of Puppet code', () => {
  const takers = (path: string) =>
    checkersOf({ isStrict: false, path: undefined }).flatMap(({ name, takes }) => {
      const ends = takes(path)
      return ends === undefined ? [] : [`${name} ${ends}`]
    })

  it('take files by their names, in any case, and keep the place within a module', () => {
    expect(takers('modules/web/manifests/a/init.pp')).to.deep.equal([
      'puppet .pp',
      'puppet-lint /web/manifests/a/init.pp',
    ])
    expect(takers('manifests/site.PP')).to.deep.equal(['puppet .pp', 'puppet-lint .pp'])
    expect(takers('manifests/site.pp')).to.deep.equal(['puppet .pp', 'puppet-lint /manifests/site.pp'])
    expect(takers('web/plans/a.pp')).to.deep.equal(['puppet .plan.pp', 'puppet-lint .pp'])
    expect(takers('a/../manifests/x.pp')).to.deep.equal(['puppet .pp', 'puppet-lint /manifests/x.pp'])
    expect(takers('web/manifests/../../x.pp')).to.deep.equal(['puppet .pp', 'puppet-lint .pp'])
    expect(takers('web/manifests/-x.pp')).to.deep.equal(['puppet .pp', 'puppet-lint .pp'])
    expect(takers('x.epp')).to.deep.equal(['epp .epp'])
    expect(takers('x.conf.ERB')).to.deep.equal(['erb .erb'])
    expect(takers('a/Puppetfile')).to.deep.equal(['puppetfile .puppetfile'])
    expect(takers('hiera.yaml')).to.deep.equal(['yaml .yaml', 'hiera .hiera.yaml', 'eyaml .values.eyaml'])
    expect(takers('data/x.eyaml')).to.deep.equal(['yaml .yaml', 'hiera .data.yaml', 'eyaml .values.eyaml'])
  })

  it('are not passed by a program that does nothing, ends early, or tells of other files', async () => {
    const scratch = new Scratch()
    try {
      const check = async (script: string) => {
        scratch.write('bin/puppet', `#!/bin/sh\n${script}\n`, 0o755)
        scratch.write('0.pp', 'class {')
        const file: FileToCheck = { name: '0.pp', commit: '', path: 'x.pp', kind: 'file', blob: '' }
        const where = { folder: scratch.path, signal: new AbortController().signal }
        const programs = new ServerPrograms(`${scratch.path}/bin:/bin:/usr/bin`)
        const { remarks, failure } = await puppetChecker(programs).check([file], where)
        return failure ?? remarks.get('0.pp')?.map(({ message }) => message)
      }
      expect(await check('exit 0')).to.equal('puppet ended with 0 before its end')
      expect(await check('exit 1')).to.equal('puppet ended with 1 before its end')
      expect(await check('echo "Error: no memory"; exit 1')).to.equal('puppet: no memory')
      expect(await check('kill -9 $$')).to.contain('SIGKILL')
      // A check that has gone through all files has found the one that is behind them.
      const last = 'for each; do last=$each; done; printf \'{\\n  "%s": { "message": "x" }\\n}\\n\' "$last"'
      expect(await check(`${last}; exit 1`)).to.deep.equal([])
      expect(await check(`${last}; exit 0`)).to.equal('puppet ended with 0 before its end')
    } finally {
      scratch.remove()
    }
  })

  it('read an answer of puppet-lint for each file, and no other', () => {
    const found = [
      [],
      [{ kind: 'error', check: 'a', message: 'm', line: 2, path: '1.pp' }],
      [{ kind: 'warning', check: 'b', message: 'n', line: 3, path: '2.pp' }],
    ]
    const names = ['0.pp', '1.pp', '2.pp']
    expect([...parsePuppetLint(JSON.stringify(found), names).remarks]).to.deep.equal([
      ['0.pp', []],
      ['1.pp', [{ severity: 'error', line: 2, message: 'puppet-lint: m (a)' }]],
      ['2.pp', [{ severity: 'warning', line: 3, message: 'puppet-lint: n (b)' }]],
    ])
    for (const odd of [
      '',
      'Whoops!',
      '[]',
      JSON.stringify(found.slice(1)),
      JSON.stringify([found[1], [], []]),
    ])
      expect(parsePuppetLint(odd, names).failure, odd).to.match(/^puppet-lint /)
  })
})
