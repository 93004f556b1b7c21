import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { runCommand, type CommandRunner } from '../../../system/command'
import { localFiles } from '../../../system/local_files'
import { reasonOf } from '../../../testing/failure'
import { Scratch } from '../../../testing/scratch'
import { shellFiles } from '../../../testing/shell_files'
import { switchRecord, type Switch } from './switch_record'

const FIRST: Switch = { commit: 'a', tag: 'v1', stage: 'whole', at: 1 }

for (const [where, files] of [
  ['on this host', localFiles],
  ['by a shell', shellFiles(runCommand)],
] as const)
  describe(`the record of deploys, ${where}`, () => {
    let scratch: Scratch
    let path: string
    beforeEach(() => {
      scratch = new Scratch()
      path = join(scratch.path, 'state', 'git', 'website.json')
    })
    afterEach(() => scratch.remove())
    const open = () => switchRecord(path, runCommand, files)

    it('is empty at first, and is for its owner alone', async () => {
      expect(await open().read()).to.deep.equal({ switches: [], fetchedAt: undefined })
      await open().change(() => ({ switches: [FIRST], fetchedAt: 7 }))
      expect(await open().read()).to.deep.equal({ switches: [FIRST], fetchedAt: 7 })
      expect([dirname(path), path].map((each) => statSync(each).mode & 0o777)).to.deep.equal([0o700, 0o600])
    })

    it('keeps what another control host has written since it was read', async () => {
      // Another one writes between the read of this one and its exchange.
      let between: Promise<void> | undefined
      const run: CommandRunner = async (...command) => {
        between ??= open().change((record) => ({ ...record, switches: [FIRST] }))
        await between
        return runCommand(...command)
      }
      let edits = 0
      await switchRecord(path, run, localFiles).change((record) => {
        edits += 1
        return { ...record, fetchedAt: 9 }
      })
      expect(edits).to.equal(2)
      expect(await open().read()).to.deep.equal({ switches: [FIRST], fetchedAt: 9 })
    })

    it('is not taken for an empty one where it cannot be read', async () => {
      await open().change(() => ({ switches: [FIRST], fetchedAt: 7 }))
      writeFileSync(path, '{"switches":[')
      expect(await reasonOf(open().read())).to.match(/the record of deploys cannot be read; look at /)
      expect(await reasonOf(open().change((record) => record))).to.match(/cannot be read/)
      expect(readdirSync(dirname(path))).to.include('website.json')
    })
  })
