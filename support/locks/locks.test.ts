import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { HostLocks, LEASE, type Claim } from './host_locks'
import { lockDirectory, lockContext, type LockContext } from './lock_context'

const CONTENDER = join(__dirname, '..', 'testing', 'lock_contender.ts')

describe('locks of hosts', () => {
  let scratch: Scratch
  let now: number
  const alive = new Map<number, string>()
  beforeEach(() => {
    scratch = new Scratch()
    now = 1_000_000
    alive.clear()
    alive.set(1, 'a').set(2, 'b').set(3, 'c')
  })
  afterEach(() => scratch.remove())

  const context = (pid: number, more: Partial<LockContext> = {}): LockContext => ({
    directory: join(scratch.path, 'locks'),
    user: `user${pid}`,
    machine: 'control1',
    pid,
    now: () => now,
    processStart: (asked) => alive.get(asked),
    ...more,
  })
  const claim = (run: string, hosts: readonly string[], fleet = 'f'): Claim => ({
    run,
    feature: 'website.feature',
    fleet,
    hosts,
  })

  it('belong to one rollout at a time, and name their owner', async () => {
    const [one, other] = [new HostLocks(context(1)), new HostLocks(context(2))]
    expect(await one.claim(claim('r1', ['web1', 'web2']))).to.deep.equal([])
    expect(await other.claim(claim('r2', ['WEB2', 'web3']))).to.deep.equal([
      {
        run: 'r1',
        feature: 'website.feature',
        fleet: 'f',
        hosts: ['web2'],
        user: 'user1',
        machine: 'control1',
        pid: 1,
        since: new Date(now).toISOString(),
        state: 'alive',
      },
    ])
    expect((await other.list()).map(({ run }) => run)).to.deep.equal(['r1'])
    await one.release()
    expect(await other.claim(claim('r2', ['web2', 'web3']))).to.deep.equal([])
  })

  it('of other hosts are no hindrance', async () => {
    await new HostLocks(context(1)).claim(claim('r1', ['web1']))
    expect(await new HostLocks(context(2)).claim(claim('r2', ['web2']))).to.deep.equal([])
  })

  it('go by the names of hosts, however their brokers are spelt', () => {
    const spelt = fc.constantFrom('localhost:1 c', '127.0.0.1:1 c', 'a:1,localhost:1 c', 'localhost:2 c', '')
    return fc.assert(
      fc.asyncProperty(spelt, spelt, async (one, other) => {
        const locks = new HostLocks(context(1))
        await locks.claim(claim('r1', ['web1'], one))
        const [holder] = await new HostLocks(context(2)).claim(claim('r2', ['web1'], other))
        expect(holder).to.include({ run: 'r1', fleet: one })
        await locks.release()
      }),
      { numRuns: 25 },
    )
  })

  for (const [what, act] of [
    ['removed', (path: string) => rmSync(path)],
    ['replaced by a copy', replaceByCopy],
  ] as const)
    it(`that were ${what} by somebody else are had no longer, and not made again`, async () => {
      const locks = new HostLocks(context(1))
      await locks.claim(claim('r1', ['web1']))
      locks.expectOwned()
      await locks.renew()
      locks.expectOwned()
      act(join(scratch.path, 'locks', 'r1.claim.json'))
      expect(() => locks.expectOwned()).to.throw(/somebody (removed|replaced) the lock .* during the run/)
      expect((await failure(locks.renew())).code).to.equal('lock-failed')
    })

  const instead: [string, (path: string) => void][] = [
    ['it is a folder', (path) => mkdirSync(path)],
    ['it is a pipe', (path) => execFileSync('mkfifo', [path])],
    ['it leads nowhere', (path) => symlinkSync('nowhere', path)],
  ]
  for (const [said, make] of instead)
    it(`in whose place there is something else are named: ${said}`, async () => {
      const locks = new HostLocks(context(1))
      await locks.list()
      make(join(scratch.path, 'locks', 'r0.claim.json'))
      const refused = await failure(locks.claim(claim('r1', ['web1'])))
      expect(refused.message)
        .to.match(/r0\.claim\.json cannot be read/)
        .and.to.contain(said)
    })

  it('are not known where something lies among them that is none', async () => {
    const locks = new HostLocks(context(1))
    await locks.claim(claim('r1', ['web1']))
    writeFileSync(join(scratch.path, 'locks', 'r2.claim.json.7.new'), '')
    writeFileSync(join(scratch.path, 'locks', '.nfs0001'), '')
    expect(await locks.list()).to.have.length(1)
    writeFileSync(join(scratch.path, 'locks', 'r0.claim.json.bak'), '')
    expect((await failure(locks.list())).message).to.contain('r0.claim.json.bak is no lock')
  })

  it('can be widened by their owner, who keeps the earlier ones when that fails', async () => {
    const one = new HostLocks(context(1))
    await one.claim(claim('r1', ['web1']))
    expect(await one.claim(claim('r1', ['web1', 'web2']))).to.deep.equal([])
    await new HostLocks(context(2)).claim(claim('r2', ['web3']))
    expect((await one.claim(claim('r1', ['web1', 'web3']))).map(({ run }) => run)).to.deep.equal(['r2'])
    const kept = (await one.list()).find(({ run }) => run === 'r1')
    expect(kept?.hosts).to.deep.equal(['web1', 'web2'])
  })

  it('of a process that is gone are named, and taken only for a reason', async () => {
    await new HostLocks(context(1)).claim(claim('r1', ['web1']))
    alive.delete(1)
    const other = new HostLocks(context(2))
    expect((await other.claim(claim('r2', ['web1'])))[0]).to.include({ run: 'r1', state: 'process gone' })
    expect(await other.claim(claim('r2', ['web1']), { runs: ['r1'], reason: 'it crashed' })).to.deep.equal([])
    expect((await other.list()).map(({ run }) => run)).to.deep.equal(['r2'])
  })

  it('of a process whose number was used again are known to be of one that is gone', async () => {
    await new HostLocks(context(1)).claim(claim('r1', ['web1']))
    alive.set(1, 'another process')
    expect((await new HostLocks(context(2)).list())[0]?.state).to.equal('process gone')
  })

  it('of a process that lives cannot be taken, for any reason and at any time of the clock', async () => {
    await new HostLocks(context(1)).claim(claim('r1', ['web1']))
    const taking = { runs: ['r1'], reason: 'I want it' }
    for (const jump of [3_600_000, -7_200_000]) {
      now += jump
      const [holder] = await new HostLocks(context(2)).claim(claim('r2', ['web1']), taking)
      expect(holder?.state).to.equal('alive')
    }
  })

  it('of another machine are good for as long as they are renewed', async () => {
    const one = new HostLocks(context(1))
    await one.claim(claim('r1', ['web1']))
    const far = new HostLocks(context(2, { machine: 'control2', processStart: () => undefined }))
    now += LEASE - 1
    await one.renew()
    now += LEASE - 1
    expect((await far.list())[0]?.state).to.equal('alive')
    now += 2
    expect((await far.claim(claim('r2', ['web1'])))[0]?.state).to.equal('lease expired')
  })

  it('are had no longer when another run took them while they were written anew', async () => {
    let stall = () => {}
    const slow = context(1, {
      now: () => {
        // A disk that stands still holds up the write between the check and the end.
        const stalled = stall
        stall = () => {}
        stalled()
        return now
      },
    })
    const one = new HostLocks(slow)
    await one.claim(claim('r1', ['web1']))
    const path = (run: string) => join(scratch.path, 'locks', `${run}.claim.json`)
    stall = () => {
      now += LEASE + 1
      const { run: _run, ...rest } = JSON.parse(readFileSync(path('r1'), 'utf8')) as Record<string, unknown>
      const taking = { takes: [{ run: 'r1', reason: 'it is gone' }], until: now + LEASE, trying: false }
      writeFileSync(path('r2'), JSON.stringify({ ...rest, run: 'r2', machine: 'control2', ...taking }))
      rmSync(path('r1'))
    }
    const { code, message } = await failure(one.renew())
    expect(code).to.equal('lock-failed')
    expect(message).to.match(/^the run r2 of user1 on control2, pid 1, has taken over the lock of r1/)
    expect(() => one.expectOwned()).to.throw(/somebody removed the lock/)
    expect(readdirSync(join(scratch.path, 'locks'))).to.deep.equal(['r2.claim.json'])
  })

  it("that were another user's, and cannot be removed, are passed over by who has taken them", async () => {
    await new HostLocks(context(1)).claim(claim('r1', ['web1']))
    alive.delete(1)
    const other = new HostLocks(context(2))
    await other.claim(claim('r2', ['web1']), { runs: ['r1'], reason: 'it crashed' })
    // The stale claim is still there, as with a sticky bit on the folder.
    const stale = {
      ...claim('r1', ['web1']),
      user: 'user1',
      machine: 'control1',
      pid: 1,
      start: 'a',
      since: '',
      until: 0,
      trying: false,
      takes: [],
    }
    writeFileSync(join(scratch.path, 'locks', 'r1.claim.json'), JSON.stringify(stale))
    const [holder, ...more] = await new HostLocks(context(3)).claim(claim('r3', ['web1']))
    expect([holder?.run, more]).to.deep.equal(['r2', []])
  })

  it('are discarded only when their owner is gone', async () => {
    const one = new HostLocks(context(1))
    await one.claim(claim('r1', ['web1']))
    expect([await one.discard('r1'), await one.discard('nobody')]).to.deep.equal([false, false])
    alive.delete(1)
    expect([await one.discard('r1'), await one.list()]).to.deep.equal([true, []])
  })

  it('are in a folder that everybody can add to, and in files that everybody can read', async () => {
    await new HostLocks(context(1)).claim(claim('r1', ['web1']))
    expect(statSync(join(scratch.path, 'locks')).mode & 0o7777).to.equal(0o1777)
    expect(statSync(join(scratch.path, 'locks', 'r1.claim.json')).mode & 0o777).to.equal(0o644)
  })

  it('need a folder that is one', async () => {
    mkdirSync(join(scratch.path, 'elsewhere'))
    symlinkSync(join(scratch.path, 'elsewhere'), join(scratch.path, 'locks'))
    const error = await failure(new HostLocks(context(1)).claim(claim('r1', ['web1'])))
    expect(error.code).to.equal('lock-failed')
    expect(error.message).to.match(/it is a link, .*; name another folder with LOCKSTEP_LOCKS$/)
  })

  it('that cannot be read are named, and never passed over', async () => {
    const locks = new HostLocks(context(1))
    await locks.list()
    const hostile = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('{}', '[]', 'null', '{"hosts":[1]}', '{"takes":[null]}'),
    )
    await fc.assert(
      fc.asyncProperty(hostile, async (content) => {
        writeFileSync(join(scratch.path, 'locks', 'odd.claim.json'), content)
        const error = await failure(locks.claim(claim('r1', ['web1'])))
        expect(error.code).to.equal('lock-failed')
        expect(error.message).to.contain('odd.claim.json').and.to.contain('remove it')
        expect(readdirSync(join(scratch.path, 'locks'))).to.deep.equal(['odd.claim.json'])
      }),
    )
  })

  it('are where LOCKSTEP_LOCKS says', () => {
    expect(lockDirectory({ LOCKSTEP_LOCKS: '/shared/locks' })).to.equal('/shared/locks')
    expect(lockDirectory({})).to.match(/lockstep/)
  })

  describe('between real processes', () => {
    const children: ChildProcess[] = []
    afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')))

    const contender = (run: string, hosts: string, at: number) => {
      const args = ['-r', 'ts-node/register', CONTENDER, join(scratch.path, 'locks'), run, hosts, String(at)]
      const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
      children.push(child)
      return child
    }
    const answer = async (child: ChildProcess) =>
      String((await once(child.stdout ?? process.stdin, 'data'))[0]).trim()

    it('that come at the same moment, exactly one has them @long', async () => {
      for (let round = 0; round < 5; round += 1) {
        const at = Date.now() + 1_500
        const runs = ['a', 'b', 'c'].map((name, index) =>
          contender(`${round}${name}`, `web${index},shared`, at),
        )
        const said = await Promise.all(runs.map(answer))
        expect(said.sort(), `round ${round}`).to.deep.equal(['lost', 'lost', 'won'])
        for (const child of runs) child.stdin?.end()
        await Promise.all(runs.map(async (child) => child.exitCode ?? once(child, 'exit')))
        expect(readdirSync(join(scratch.path, 'locks'))).to.deep.equal([])
      }
    })

    it('that are killed with -9 leave a lock that is known to be stale', async () => {
      const child = contender('r1', 'web1', 0)
      expect(await answer(child)).to.equal('won')
      child.kill('SIGKILL')
      await once(child, 'exit')
      expect(existsSync(join(scratch.path, 'locks', 'r1.claim.json'))).to.equal(true)
      const locks = new HostLocks({ ...lockContext({}), directory: join(scratch.path, 'locks') })
      expect((await locks.claim(claim('r2', ['web1'])))[0]?.state).to.equal('process gone')
      expect(await locks.claim(claim('r2', ['web1']), { runs: ['r1'], reason: 'killed' })).to.deep.equal([])
    })
  })
})

function replaceByCopy(path: string): void {
  copyFileSync(path, `${path}.1.new`)
  renameSync(`${path}.1.new`, path)
}
