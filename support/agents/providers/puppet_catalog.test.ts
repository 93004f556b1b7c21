import { expect } from 'chai'
import { localFiles } from '../../system/local_files'
import { Scratch } from '../../testing/scratch'
import { readManaged } from './puppet_catalog'

const REPORT = `--- !ruby/object:Puppet::Transaction::Report
host: web1.test
time: '2026-11-23T12:00:59.210750117+00:00'
noop: false
job_id: lockstep-1
catalog_uuid: 10f8d202
`
const of = (type: string, title: string, parameters: object = {}, more: object = {}) => ({
  type,
  title,
  parameters,
  ...more,
})

describe('the catalog that puppet has kept', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const read = (resources: readonly unknown[] | string, report = REPORT) => {
    const text =
      typeof resources === 'string'
        ? resources
        : JSON.stringify({ version: 1795435417, catalog_uuid: '10f8d202', resources })
    scratch.write('data/catalog/web1.test.json', text)
    return readManaged(localFiles, `${scratch.path}/data`, scratch.write('report.yaml', report))
  }
  const resourcesOf = async (...resources: readonly unknown[]) => {
    const told = await read(resources)
    return told.found === 'whole' ? told.resources : told
  }

  it('names resources by what they are on the host, and not by their titles', async () => {
    expect(
      await resourcesOf(
        of('Package', 'alias', { name: 'coreutils' }),
        of('Package', 'rake', { provider: 'gem' }),
        of('File', 'cfg', { path: '/etc/cfg', content: 'topsecret' }),
        of('File', '/srv/', { ensure: 'directory' }),
        of('Service', 'ntp', { ensure: 'stopped' }),
        of('User', 'alice', { ensure: 'present' }),
        of('Group', 'staff'),
        of('Exec', '/bin/true'),
      ),
    ).to.deep.equal([
      'File[/etc/cfg]',
      'File[/srv]',
      'Group[staff]',
      'Package[coreutils]',
      'Package[rake] by gem',
      'Service[ntp]',
      'User[alice]',
    ])
  })

  it('names a file by its path without what puppet makes nothing of', async () => {
    const named = await resourcesOf(of('File', '//etc//a/'), of('File', '/etc/x/../b'), of('File', '/'))
    expect(named).to.deep.equal(['File[/]', 'File[/etc/a]', 'File[/etc/b]'])
  })

  it('does not manage what it keeps away, or what is exported', async () => {
    expect(
      await resourcesOf(
        of('Package', 'a', { ensure: 'purged' }),
        of('File', '/b', { ensure: 'absent' }),
        of('User', 'c', { ensure: 'absent' }),
        of('File', '/d', { ensure: 'file' }, { exported: true }),
      ),
    ).to.deep.equal([])
  })

  it('tells folders of which only puppet knows what they bring', async () => {
    expect(
      await resourcesOf(
        of('File', '/a', { recurse: true }),
        of('File', '/b', { recurse: 'remote', purge: true }),
        of('File', '/c', { recurse: false }),
      ),
    ).to.deep.equal(['File[/a]', 'File[/b]', 'File[/c]', 'Folder[/a]', 'Folder[/b]'])
  })

  it('is that of the last run only where the report has its id', async () => {
    expect(await read([])).to.deep.include({
      ofLastRun: true,
      run: 'lockstep-1',
      configVersion: '1795435417',
    })
    expect(await read([], REPORT.replace('10f8d202', 'other'))).to.deep.include({ ofLastRun: false })
    expect(await read('{"version":1,"resources":[]}', REPORT.replace('10f8d202', ''))).to.deep.include({
      ofLastRun: false,
    })
  })

  it('is no set where it, or the report, is not whole, and is of no other host', async () => {
    expect(await read('{"version":1,"resour')).to.deep.include({
      found: 'unreadable',
      problem: 'kept catalog is half-written',
    })
    expect(await read([], '--- x\n')).to.deep.include({ found: 'unreadable' })
    expect(await read([], REPORT.replace('web1.test', '../web1.test'))).to.deep.include({
      found: 'unreadable',
    })
    expect(await read([], REPORT.replace('web1.test', 'web2.test'))).to.deep.equal({ found: 'none' })
  })
})
