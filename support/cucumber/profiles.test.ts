import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { compiledCopy } from '../testing/compiled_copy'
import { Scratch } from '../testing/scratch'

const ROOT = resolve(__dirname, '..', '..')
const FEATURE = readFileSync(join(ROOT, 'features/deployments/website.feature'))

describe('a project', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const run = (folder: string, feature: string, ...more: string[]) => {
    const cwd = join(scratch.path, folder)
    scratch.write(join(folder, feature), feature === '@rerun.txt' ? 'x.feature:7\n' : FEATURE)
    cpSync(compiledCopy(), cwd, { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(cwd, 'node_modules'))
    const program = join(ROOT, 'node_modules/@cucumber/cucumber/bin/cucumber.js')
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...more, feature], { cwd })
    return { status, stdout: stdout.toString(), stderr: stderr.toString() }
  }

  it('may lie in a folder whose name means something in a pattern or in a URL @long', () => {
    const { status, stdout, stderr } = run('deploy [x] {a,b} #1 100% (é) *', 'features/a (b) #1 é.feature')
    expect(stderr).to.equal('')
    expect(stdout).to.match(/^PASSED {2}10 steps/m)
    expect(status).to.equal(0)
  })

  it('runs the scenarios that a file of cucumber’s names, whose own name begins with @ @long', () => {
    scratch.write('x/x.feature', FEATURE)
    const { status, stdout } = run('x', '@rerun.txt')
    expect(stdout).to.contain('PASSED  10 steps')
    expect(status).to.equal(0)
    expect(run('y', '@rerun.txt', '-p', 'live').stderr).to.contain('the profile live names its feature')
  })

  it('is refused a feature that cucumber takes for a pattern, in words', () => {
    expect(run('x', 'features/a [b].feature', '-p', 'live')).to.deep.include({
      status: 2,
      stderr:
        'cucumber takes the name of features/a [b].feature for a pattern, and does not find it; give it another name\n',
    })
  })
})
