import { existsSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { makePushFolder } from './push_folder'

const HOUR_MS = 3_600_000

describe('the folder of a push', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
  })
  afterEach(() => scratch.remove())

  const make = (more: { uid?: number } = {}) =>
    makePushFolder({
      folder: scratch.path,
      pid: 7,
      uid: process.getuid?.(),
      now: Date.now(),
      isAlive: (pid) => pid === 8,
      ...more,
    })
  const left = (name: string, hours: number) => {
    const path = join(scratch.path, name)
    mkdirSync(path)
    utimesSync(path, new Date(), new Date(Date.now() - hours * HOUR_MS))
    return path
  }

  it('is new, and goes where its process was killed an hour ago', () => {
    const old = left('lockstep-push-9-abc', 2)
    scratch.write('kept/x', 'x')
    symlinkSync(join(scratch.path, 'kept'), join(old, 'link'))
    const before = new Date(Date.now() - 2 * HOUR_MS)
    utimesSync(old, before, before)
    const path = make()
    expect(path).to.match(/lockstep-push-7-\w{6}$/)
    expect([existsSync(path), existsSync(old)]).to.deep.equal([true, false])
    expect(existsSync(join(scratch.path, 'kept', 'x'))).to.equal(true)
  })

  it('stays where it is young, of a living process, of another user, or a link', () => {
    const kept = [left('lockstep-push-9-a', 0), left('lockstep-push-8-b', 2), left('lockstep-push-x-c', 2)]
    const target = left('elsewhere', 2)
    symlinkSync(target, join(scratch.path, 'lockstep-push-9-d'))
    make()
    expect([...kept, target].filter((path) => !existsSync(path))).to.deep.equal([])
    const others = left('lockstep-push-9-e', 2)
    make({ uid: 4_294_967 })
    expect(existsSync(others)).to.equal(true)
  })
})
