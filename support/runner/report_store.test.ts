import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { MemoryReportStore } from '../testing/memory_report_store'
import { greenReport, testReportStore } from '../testing/report_store_contract'
import { Scratch } from '../testing/scratch'
import { ReportFolder } from './report_store'

describe('the store of reports', () => {
  describe('in memory', () => {
    let store: MemoryReportStore
    beforeEach(() => (store = new MemoryReportStore()))
    testReportStore(() => store)
  })

  describe('in a folder', () => {
    let scratch: Scratch
    beforeEach(() => (scratch = new Scratch()))
    afterEach(() => scratch.remove())
    const open = () => new ReportFolder(scratch.path, () => 0)
    testReportStore(open)

    const folder = (name: string) => join(scratch.path, 'pipeline', 'reports', name)

    it('is for its own user alone', () => {
      open()
      expect(statSync(folder('waiting')).mode & 0o077).to.equal(0)
    })

    it('takes what a disk has damaged for no end: the build runs anew', () => {
      open().add(greenReport('b1'))
      writeFileSync(join(folder('waiting'), 'b1.json'), '{"schema":"lockstep/build-report/1"')
      expect(open().find('b1')).to.equal(undefined)
      expect(open().unconfirmed).to.deep.equal([])
    })

    it('keeps the last thousand that were confirmed', () => {
      const store = open()
      for (let each = 0; each < 1_010; each += 1) {
        store.add(greenReport(`b${each}`))
        store.confirm(`b${each}`)
      }
      expect(readdirSync(folder('confirmed'))).to.have.length(1_000)
      expect(store.builds).to.have.length(1_000)
    }).timeout(300_000)
  })
})
