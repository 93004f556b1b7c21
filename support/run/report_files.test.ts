import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { leaveReport } from './report_files'

describe('a report', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const leave = (pieces: Iterable<string>) => {
    const path = join(scratch.path, 'reports', 'rollout.html')
    const said: string[] = []
    leaveReport(
      path,
      () => pieces,
      (sentence) => said.push(sentence),
    )
    return { path, said }
  }

  it('is written whole, into a folder that is not there yet', () => {
    const { path, said } = leave(['one, ', 'two'])
    expect(said).to.deep.equal([])
    expect(readFileSync(path, 'utf8')).to.equal('one, two')
  })

  it('is said to be missing where the disk is full, in one sentence, and leaves no half of it', () => {
    mkdirSync(join(scratch.path, 'reports'))
    symlinkSync('/dev/full', join(scratch.path, 'reports', `rollout.html.${process.pid}.new`))
    const { path, said } = leave(['<p>', 'x'.repeat(200_000)])
    expect(said).to.deep.equal([
      `${path} could not be written: the disk is full; the verdict and the exit status are what they are without it`,
    ])
    expect(readdirSync(join(scratch.path, 'reports'))).to.deep.equal([])
  })

  it('leaves one of an earlier run as it is when it cannot be written, and says so', () => {
    writeFileSync(leave([]).path, 'before')
    symlinkSync('/dev/full', join(scratch.path, 'reports', `rollout.html.${process.pid}.new`))
    const { path, said } = leave(['after'])
    expect(said.join()).to.match(/what is there is not of this run$/)
    expect(readFileSync(path, 'utf8')).to.equal('before')
  })

  it('may find that its folder has vanished, or that a folder has its name', () => {
    function* vanishing() {
      yield 'x'.repeat(100_000)
      rmSync(join(scratch.path, 'reports'), { recursive: true })
      yield 'y'
    }
    const { path, said } = leave(vanishing())
    expect(said.join()).to.contain('rollout.html could not be written')
    expect(existsSync(path)).to.equal(false)
    mkdirSync(path, { recursive: true })
    expect(leave(['x']).said.join()).to.contain('rollout.html could not be written')
    expect(readdirSync(join(scratch.path, 'reports'))).to.deep.equal(['rollout.html'])
  })
})
