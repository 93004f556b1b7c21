import { expect } from 'chai'
import { nothingMayChange } from '../../rollout/engine/host_gateway'
import { systemClock } from '../../system/clock'
import { answerOf, balancerContract } from '../../testing/balancer_contract'
import { localGateway } from '../local_gateway'
import { failure } from '../../testing/failure'
import { teamBalancer } from './balancer'
import { balancerCases } from './balancer_cases'
import { GuardedBalancer, type Guarding } from './guarded_balancer'
import type { Member, TeamBalancer } from './team_balancer'

const HOSTS = ['web1', 'web2', 'web3']
const SECRET = 'hunter2-of-the-balancer'

/** A balancer of a team as it should be. */
function inMemory(hosts: readonly string[] = HOSTS) {
  const members = new Map<string, Member>(
    hosts.map((host) => [host, { host, state: 'serving', sessions: 0 }]),
  )
  const told: string[] = []
  const set = (name: string, state: Member['state']) => async (some: readonly string[]) => {
    told.push(`${name} ${some.join(' ')}`)
    for (const host of some) members.set(host, { ...(members.get(host) ?? { host }), state })
  }
  const code: TeamBalancer = {
    members: async () => [...members.values()],
    takeOut: set('takeOut', 'out'),
    putBack: set('putBack', 'serving'),
    drain: set('drain', 'draining'),
    requests: async () => ({ requests: 10, failed: 1 }),
  }
  return { code, members, told }
}

function guard(code: unknown, change: Partial<Guarding> = {}, settleWithin = 40) {
  const guarded = new GuardedBalancer({
    called: 'the f5 backend www (./f5.js)',
    make: () => code as TeamBalancer,
    within: 60,
    clock: systemClock,
    redact: (text) => text.replaceAll(SECRET, '***'),
    expectMayOrder: () => {},
    ...change,
  })
  return () => teamBalancer(guarded, { kind: 'f5', backend: 'www', settleWithin, lookEvery: 10 })
}

const reach = localGateway(() => Promise.reject(new Error('no host is asked')))

balancerContract('a balancer of a team', async () => ({
  balancer: guard(inMemory().code)(),
  hosts: HOSTS,
  reach,
  stop: async () => {},
}))

describe('the cases that a team tries its balancer by', () => {
  const failedOn = async (change: (made: ReturnType<typeof inMemory>) => Partial<TeamBalancer>) => {
    let [made, stopped] = [0, 0]
    const cases = balancerCases(() => {
      made += 1
      const one = inMemory()
      return {
        balancer: { ...one.code, ...change(one) },
        hosts: HOSTS,
        withinMs: 60,
        stop: () => void (stopped += 1),
      }
    })
    const failed: string[] = []
    for (const { name, run } of cases)
      await run().catch((error: Error) => failed.push(`${name}: ${error.message}`))
    expect([made, stopped]).to.deep.equal([cases.length, cases.length])
    return failed
  }

  it('pass with one as it should be', async () => {
    expect(await failedOn(() => ({}))).to.deep.equal([])
  })

  it('pass with one that is asked for no more than it has', async () => {
    const less = { drain: undefined, requests: undefined } as unknown as Partial<TeamBalancer>
    expect(await failedOn(() => less)).to.deep.equal([])
  })

  const wrong: [string, (made: ReturnType<typeof inMemory>) => Partial<TeamBalancer>, RegExp][] = [
    ['takes nothing out', () => ({ takeOut: async () => {} }), /takes a host out.*after takeOut .*serving/],
    [
      'takes all out',
      ({ code }) => ({ takeOut: (_hosts, signal) => code.takeOut(HOSTS, signal) }),
      /takes a host out.*: web2 is out; expected serving/,
    ],
    ['puts nothing back', () => ({ putBack: async () => {} }), /puts a host back.*after putBack .*out/],
    [
      'flips',
      ({ members, code }) => ({
        takeOut: async ([host = ''], signal) =>
          members.get(host)?.state === 'out' ? code.putBack([host], signal) : code.takeOut([host], signal),
      }),
      /leaves a host out that is out already.*serving/,
    ],
    ['knows other names', () => ({ members: async () => [] }), /web1 is no member; there are: /],
    [
      'changes when it is asked',
      ({ members, code }) => ({
        members: async (signal) => {
          members.set('web3', {
            host: 'web3',
            state: members.get('web3')?.state === 'down' ? 'serving' : 'down',
          })
          return code.members(signal)
        },
      }),
      /changes nothing when it is asked.*web3/,
    ],
    [
      'counts no numbers',
      () => ({ requests: async () => ({ requests: NaN, failed: 0 }) }),
      /counts its requests/,
    ],
    ['never ends', () => ({ takeOut: () => new Promise(() => {}) }), /takeOut has not ended within 60 ms/],
  ]
  for (const [what, change, reason] of wrong)
    it(`fail with one that ${what}`, async () => expect((await failedOn(change)).join('\n')).to.match(reason))
})

describe('a balancer of a team', () => {
  const blocked = async (code: unknown, hosts = ['web2'], within?: number) => {
    const { outcomes } = await guard(code, within === undefined ? {} : { within }, within)().block(
      hosts,
      reach,
    )
    return hosts.map((host) => answerOf(outcomes, host))
  }

  it('has words of its own, which are the same in every run', () => {
    expect(guard(inMemory().code)().name).to.equal('is out of the f5 backend www')
  })

  it('has taken a host out only when its members say so', async () => {
    const { code } = inMemory()
    const [answer] = await blocked({ ...code, takeOut: async () => {} })
    expect(answer).to.include({ kind: 'failed', message: 'serving' })
  })

  it('may need a while until a host is out', async () => {
    const { code, members } = inMemory()
    let looks = 0
    const slow = {
      ...code,
      takeOut: async () => {},
      async members() {
        looks += 1
        if (looks === 4) members.set('web2', { host: 'web2', state: 'out' })
        return [...members.values()]
      },
    }
    const [answer] = await blocked(slow, ['web2'], 60_000)
    expect(answer?.kind).to.equal('answered')
    expect(looks).to.be.at.least(4)
  })

  it('has not taken out a host that it does not know, and is not told of it', async () => {
    const { code, told } = inMemory()
    const answers = await blocked(code, ['web2', 'db1'])
    expect(answers.map(({ kind }) => kind)).to.deep.equal(['answered', 'failed'])
    expect(answers[1]).to.include({ message: 'is no member of the f5 backend www' })
    expect(told).to.deep.equal(['takeOut web2'])
  })

  it('that forgets a host has not taken it out', async () => {
    const { code, members } = inMemory()
    const [answer] = await blocked({ ...code, takeOut: async () => void members.delete('web2') })
    expect(answer).to.include({ kind: 'failed', message: 'is no member of the f5 backend www' })
  })

  it('that changes the list of hosts which it is given changes nothing else', async () => {
    const { code } = inMemory()
    const takeOut = async (hosts: string[]) => void (hosts.length = 0)
    expect((await blocked({ ...code, takeOut }))[0]?.kind).to.equal('failed')
  })

  it('is drained until no session is left, and then taken out', async () => {
    const { code, members, told } = inMemory()
    members.set('web2', { host: 'web2', state: 'serving', sessions: 2 })
    setTimeout(() => members.set('web2', { host: 'web2', state: 'draining', sessions: 0 }), 20)
    const drained = await guard(code)().drain?.(['web2'], reach, { within: 500, cut: false })
    expect(drained?.outcomes.get('web2')?.kind).to.equal('answered')
    expect(told).to.deep.equal(['drain web2', 'takeOut web2'])
  })

  it('that does not tell its sessions has not drained a host', async () => {
    const { code, members } = inMemory()
    members.set('web2', { host: 'web2', state: 'serving' })
    const drained = await guard(code)().drain?.(['web2'], reach, { within: 30, cut: false })
    expect(drained?.outcomes.get('web2')).to.include({
      kind: 'failed',
      message: 'it is not told how many sessions are still open after 30 ms',
    })
  })

  it('without a drain, or without requests, has none', () => {
    const { members, takeOut, putBack } = inMemory().code
    const balancer = guard({ members, takeOut, putBack })()
    expect([balancer.drain, balancer.requests]).to.deep.equal([undefined, undefined])
  })

  const never = () => new Promise<never>(() => {})
  const faults: [string, Partial<Record<keyof TeamBalancer, unknown>>, string][] = [
    [
      'throws an error with a secret',
      {
        takeOut: async () => {
          throw new Error(`no ${SECRET}`)
        },
      },
      'takeOut failed: no ***',
    ],
    // oxlint-disable-next-line no-throw-literal
    [
      'throws a text',
      {
        takeOut() {
          throw 'boom'
        },
      },
      'takeOut failed: boom',
    ],
    [
      'rejects with nothing',
      { takeOut: () => Promise.reject(undefined) },
      'takeOut failed: it gave no reason',
    ],
    ['never ends an order', { takeOut: never }, 'takeOut has not ended within 60 ms'],
    ['never tells its members', { members: never }, 'members has not ended within 60 ms'],
    ['tells no list', { members: async () => ({}) }, 'members failed: it resolved with no list of members'],
    [
      'tells a host twice',
      {
        members: async () => [
          { host: 'web2', state: 'out' },
          { host: 'web2', state: 'serving' },
        ],
      },
      'members failed: it has web2 twice',
    ],
    [
      'tells a member without a name',
      { members: async () => [null] },
      'members failed: a member has no host; expected its name',
    ],
    [
      'tells an unknown state',
      { members: async () => [{ host: 'web2', state: 'off' }] },
      'members failed: web2 has an unknown state; expected serving, draining, out, down',
    ],
    [
      'tells odd sessions',
      { members: async () => [{ host: 'web2', state: 'out', sessions: -1 }] },
      'members failed: web2 has sessions that are no whole number from 0',
    ],
  ]
  for (const [what, change, reason] of faults)
    it(`that ${what} is an error, and never a state`, async () => {
      const error = await failure(blocked({ ...inMemory().code, ...change }))
      expect(error.code).to.equal('balancer-failed')
      expect(error.message).to.equal(`the f5 backend www (./f5.js): ${reason}`)
    })

  it('that tells odd counters is an error', async () => {
    const balancer = guard({ ...inMemory().code, requests: async () => ({ requests: 1, failed: 2 }) })()
    expect((await failure(balancer.requests?.(reach) ?? Promise.resolve())).message).to.contain(
      'requests failed: it resolved with no requests and failed',
    )
  })

  it('is given no other order beside one that has not ended', async () => {
    const { code, told } = inMemory()
    const balancer = guard({ ...code, takeOut: never })()
    await failure(balancer.block(['web2'], reach))
    expect((await failure(balancer.putBack(['web2'], reach))).message).to.contain(
      'takeOut has not ended yet, and would go on beside putBack',
    )
    expect(told).to.deep.equal([])
  })

  it('is told to stop when the time of a call is over', async () => {
    let stopped = false
    const takeOut = (_: unknown, signal: AbortSignal) =>
      new Promise<void>(() => signal.addEventListener('abort', () => (stopped = true)))
    await failure(blocked({ ...inMemory().code, takeOut }))
    expect(stopped).to.equal(true)
  })

  it('is given no order where nothing may be changed', async () => {
    const { code, told } = inMemory()
    const expectMayOrder = (what: string) => {
      throw nothingMayChange(what)
    }
    const error = await failure(guard(code, { expectMayOrder })().block(['web2'], reach))
    expect(error.message).to.match(/^takeOut to the f5 backend www \(\.\/f5\.js\) was about to be sent/)
    expect(told).to.deep.equal([])
  })

  for (const [what, made] of [
    ['nothing', undefined],
    ['a promise of one', Promise.resolve(inMemory().code)],
  ] as const)
    it(`that is ${what} is an error`, () => {
      expect(guard(made)).to.throw('the f5 backend www (./f5.js): it has no function members')
    })
})
