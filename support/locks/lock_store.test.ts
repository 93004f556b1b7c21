import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { claimTableContract } from '../testing/claim_table_contract'
import { lockStoreContract, type LocksUnderTest } from '../testing/lock_store_contract'
import { MemoryClaims } from '../testing/memory_claims'
import { Scratch } from '../testing/scratch'
import { BothLocks } from './both_locks'
import { HostLocks } from './host_locks'
import { LeasedLocks } from './leased_locks'
import type { LockContext } from './lock_context'

describe('Claims in memory', () => {
  claimTableContract(async () => {
    let now = 1_000_000
    const table = new MemoryClaims(() => now)
    return {
      open: () => table,
      pass: async (ms) => {
        now += ms
      },
    }
  }, 50)
})

describe('Locks', () => {
  let scratch: Scratch
  let now: number
  beforeEach(() => {
    scratch = new Scratch()
    now = 1_000_000
  })
  afterEach(() => scratch.remove())

  const pass = (ms: number) => {
    now += ms
  }
  const contextOf = (pid: number): LockContext => ({
    directory: '',
    user: `user${pid}`,
    machine: `control${pid}`,
    pid,
    now: () => now,
    processStart: (asked) => (asked === pid ? `start ${pid}` : undefined),
  })
  const filesOf = (directory: string) => (pid: number) => new HostLocks({ ...contextOf(pid), directory })
  const leasedIn = (table: MemoryClaims) => (pid: number) =>
    new LeasedLocks(table, {
      ...contextOf(pid),
      place: `place ${pid}`,
      clock: { now: () => now, elapsed: () => now },
      newToken: () => `${pid} ${(tokens += 1)}`,
    })
  let tokens = 0
  const folder = () => mkdtempSync(join(scratch.path, 'locks-'))

  const places: [string, () => LocksUnderTest['open']][] = [
    ['in files', () => filesOf(folder())],
    ['in a database', () => leasedIn(new MemoryClaims(() => now))],
    [
      'in a database, and in the files of each control host',
      () => {
        const table = new MemoryClaims(() => now)
        const folders = new Map<number, string>()
        return (pid) => {
          const own = folders.get(pid) ?? folder()
          folders.set(pid, own)
          return new BothLocks(filesOf(own)(pid), leasedIn(table)(pid))
        }
      },
    ],
  ]
  for (const [where, make] of places) describe(where, () => lockStoreContract(() => ({ open: make(), pass })))
})
