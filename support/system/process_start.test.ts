import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import { processStartedAt } from './process_start'

describe('the start of a process', () => {
  it('is known of one that is there, and of no other', () => {
    const now = Date.now()
    const began = now - process.uptime() * 1000
    expect(processStartedAt(process.pid, now)).to.be.closeTo(began, 5_000)
    const { pid } = spawnSync(process.execPath, ['--version'])
    for (const gone of [pid, 0, -1, 1.5, NaN]) expect(processStartedAt(gone, now)).to.equal(undefined)
  })
})
