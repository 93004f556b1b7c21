import { createHash } from 'node:crypto'
import { lstatSync, symlinkSync, utimesSync } from 'node:fs'
import { expect } from 'chai'
import { runCommand } from '../../system/command'
import { Scratch } from '../../testing/scratch'
import { fileLook, noFile } from './file_look'

describe('a look at a path, as fstat takes it', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const look = fileLook(runCommand)

  it('tells of a file what the system tells, with its digest', async () => {
    const path = scratch.write("it's a \n$(file)", 'text', 0o640)
    utimesSync(path, 1_700_000_000, 1_700_000_000.5)
    const { uid, gid } = lstatSync(path)
    const found = await look(path)
    expect(found).to.deep.include({
      name: path,
      output: 'present',
      type: 'file',
      mode: '100640',
      present: 1,
      size: 4,
      uid,
      gid,
      md5: createHash('md5').update('text').digest('hex'),
      mtime_seconds: 1_700_000_000,
    })
    const local = new Date(1_700_000_000_000 - new Date(1_700_000_000_000).getTimezoneOffset() * 60_000)
    expect(found['mtime']).to.equal(local.toISOString().slice(0, 19).replace('T', ' '))
    expect(found['mtime_age']).to.be.greaterThan(1000)
    expect(Object.keys(found)).to.deep.equal(Object.keys(noFile(path)))
  })

  it('tells what is no file, does not follow a link, and makes no digest of either', async () => {
    symlinkSync('/etc/passwd', `${scratch.path}/link`)
    expect(await look(`${scratch.path}/link`)).to.include({ type: 'symlink', md5: 0 })
    expect(await look(scratch.path)).to.include({ type: 'directory', md5: 0 })
    expect(await look('/dev/null')).to.include({ type: 'chardev', md5: 0 })
  })

  for (const path of ['', '-', '--version', '/nowhere/at/all', 'a\0b'])
    it(`finds nothing at ${JSON.stringify(path)}`, async () =>
      expect(await look(path)).to.deep.equal(noFile(path)))
})
