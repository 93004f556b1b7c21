import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { openStateFolder } from './state_folder'

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8)

describe('the folder of what a daemon keeps', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const at = (...names: string[]) => join(scratch.path, ...names)
  const refusal = (path: string) => {
    try {
      openStateFolder(path)
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  it('is made for this user alone', () => {
    openStateFolder(at('lockstep', 'web1'))
    expect(modeOf(at('lockstep', 'web1'))).to.equal('700')
    expect(modeOf(at('lockstep'))).to.equal('700')
  })

  it('is closed to those who could read it', () => {
    mkdirSync(at('state', 'requests'), { recursive: true, mode: 0o755 })
    writeFileSync(at('state', 'requests', 'a'), 'x', { mode: 0o644 })
    openStateFolder(at('state'))
    expect(modeOf(at('state'))).to.equal('700')
    expect(modeOf(at('state', 'requests'))).to.equal('700')
    expect(modeOf(at('state', 'requests', 'a'))).to.equal('600')
  })

  for (const [what, mode] of [
    ['everybody', 0o777],
    ['everybody, in the way of /tmp', 0o1777],
  ] as const)
    it(`is refused in a folder that can be written by ${what}, and nothing is made`, () => {
      mkdirSync(at('open'))
      chmodSync(at('open'), mode)
      expect(refusal(at('open', 'state'))).to.match(
        /plugin\.lockstep\.state_dir: .* everybody may write .*open; name a folder/,
      )
      expect(existsSync(at('open', 'state'))).to.equal(false)
    })

  it('is refused below a folder in which everybody can exchange it', () => {
    mkdirSync(at('open', 'mine'), { recursive: true })
    chmodSync(at('open'), 0o777)
    expect(refusal(at('open', 'mine', 'state'))).to.match(/everybody may write .*open;/)
  })

  it('is refused where others may have written it, or where it leads elsewhere', () => {
    mkdirSync(at('state'))
    chmodSync(at('state'), 0o770)
    expect(refusal(at('state'))).to.match(/others than its owner may write it/)
    symlinkSync(at('state'), at('link'))
    expect(refusal(at('link'))).to.match(/link is a symbolic link/)
  })

  it('is refused where it, or a folder above it, belongs to somebody else', function () {
    if (process.getuid?.() !== 0) return this.skip()
    mkdirSync(at('theirs', 'state'), { recursive: true })
    chownSync(at('theirs'), 12_345, 12_345)
    expect(refusal(at('theirs', 'state'))).to.match(/theirs belongs to another user \(12345\)/)
    chownSync(at('theirs'), 0, 0)
    chownSync(at('theirs', 'state'), 12_345, 12_345)
    expect(refusal(at('theirs', 'state'))).to.match(/it belongs to another user/)
  })
})
