import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { pretendLease } from '../../simulation/providers'
import { runCommand } from '../../system/command'
import { reasonOf } from '../../testing/failure'
import { leaseStoreContract } from '../../testing/lease_store_contract'
import { Scratch } from '../../testing/scratch'
import { leaseFile } from './lease_file'

describe('a lease in a file of a host', () => {
  let scratch: Scratch
  let hosts: number
  before(() => {
    scratch = new Scratch()
    hosts = 0
  })
  after(() => scratch.remove())

  leaseStoreContract(() => {
    const path = join(scratch.path, `it's host ${(hosts += 1)}`, 'lease.json')
    return { open: () => leaseFile(path, runCommand) }
  }, 10)

  const lease = { run: 'r1', owner: 'ann', feature: 'a.feature', since: 1, until: 2 }

  it('is for this user alone, and its text is one line', async () => {
    const path = join(scratch.path, 'own', 'lease.json')
    const store = leaseFile(path, runCommand)
    expect(await store.exchange(await store.read(), lease)).to.equal(true)
    expect(statSync(path).mode & 0o777).to.equal(0o600)
    expect(statSync(join(scratch.path, 'own')).mode & 0o777).to.equal(0o700)
    expect(readFileSync(path, 'utf8')).to.equal(`${JSON.stringify(lease)}\n`)
  })

  it('is exchanged as an earlier version, or a person, has written it', async () => {
    const path = scratch.write('old/lease.json', JSON.stringify(lease, undefined, 2))
    const store = leaseFile(path, runCommand)
    expect(await store.exchange(await store.read(), { ...lease, run: 'r2' })).to.equal(true)
    expect((await store.read()).lease?.run).to.equal('r2')
  })

  it('is not there, and is not made, where the exchange cannot be carried out', async () => {
    const store = leaseFile(join(scratch.write('file', ''), 'lease.json'), runCommand)
    const none = await store.read()
    expect(none.lease).to.equal(undefined)
    expect(await reasonOf(store.exchange(none, lease))).to.match(/^the exchange of the lease ended with/)
  })

  it('is left as it is when the exchange is ended in the middle', async () => {
    const path = join(scratch.path, 'killed', 'lease.json')
    const store = leaseFile(path, runCommand)
    await store.exchange(await store.read(), lease)
    const kept = await store.read()
    // The disk takes no more: what is beside the file is half of the text.
    symlinkSync('/dev/full', `${path}.next`)
    expect(await reasonOf(store.exchange(kept, { ...lease, run: 'r2' }))).to.match(/No space left|ended with/)
    expect((await store.read()).lease?.run).to.equal('r1')
    expect(existsSync(path)).to.equal(true)
  })

  it('is nobody’s to decide where a link leads to nowhere', async () => {
    const path = join(scratch.path, 'link.json')
    symlinkSync('/nowhere/lease.json', path)
    const store = leaseFile(path, runCommand)
    expect(await store.exchange({ lease: undefined, text: undefined }, lease)).to.equal(false)
  })
})

describe('a lease of a pretended host', () => {
  leaseStoreContract(() => {
    const store = pretendLease()
    return { open: () => store }
  }, 100)
})
