import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { LockstepError } from '../../system/errors'
import { redactNothing } from '../../system/redaction'
import { failure } from '../../testing/failure'
import { ALONE, fakeClock, FakeFleet } from '../../testing/fake_fleet'
import { webs } from '../../testing/web_fleet'
import type { Answer, Request } from '../model/answers'
import { lineKey, type Checkpoint } from '../model/checkpoint'
import { FailureBudget } from '../model/failure_budget'
import type { Conclusion, JournalEntry } from '../model/journal_entry'
import { Ledger } from '../model/ledger'
import type { Obligation } from '../model/obligation'
import type { Verdict } from '../model/verdict'
import type { Locks, Planning } from '../ports'
import { asking, telling, type Change } from './change'
import { createEngine } from './create_engine'
import type { Executor } from './executor'
import type { Look } from './look'
import { tellNobody } from '../../system/wait'

const LINE = { step: 'a line', line: 7 }
const planning: Planning = { asNoop: () => undefined, isReadOnly: ({ agent }) => agent !== 'door' }

function checkpoint(overtaken: readonly string[] = []): Checkpoint {
  const done = {
    name: 's',
    waves: [],
    done: true,
    overtaken: new Set(overtaken),
    unknown: new Map<string, Set<string>>(),
    openPuppetRuns: new Map(),
  }
  return {
    run: 'r1',
    hash: 'h',
    hosts: webs(3),
    out: [],
    outside: [],
    attempted: new Set(),
    seed: undefined,
    had: new Map(),
    tags: new Map(),
    puppetRuns: new Map(),
    puppetRunsEnded: new Set(),
    managed: new Map(),
    scenarios: new Map([['9', done]]),
  }
}

interface Given {
  answer?: (host: string, request: Request) => Answer
  hosts?: readonly string[]
  append?: (entry: JournalEntry | Conclusion) => Promise<void>
  planning?: Planning
  checkpoint?: Checkpoint
  locks?: Locks
}

/** Returns an executor on a fleet, and all that it does. */
function executorOn(given: Given) {
  const { hosts = webs(3), answer = () => ({ kind: 'answered', data: {} }), append } = given
  const journal: (JournalEntry | Conclusion)[] = []
  const verdicts: Verdict[] = []
  const notes: string[] = []
  /** The requests that were sent before the journal had them. */
  const unwritten: Request[] = []
  const stop = new AbortController()
  const kept = {
    append: async (entry: JournalEntry | Conclusion) => {
      await append?.(entry)
      journal.push(entry)
      if (entry.type === 'verdict') verdicts.push(entry.verdict)
    },
  }
  const fleet = new FakeFleet(hosts, (host, request) => {
    const last = journal.at(-1)
    if (last?.type !== 'asked' || last.action !== request.action || !last.hosts.includes(host))
      unwritten.push(request)
    return answer(host, request)
  })
  const ledger = new Ledger(kept, [])
  const ports = {
    ...ALONE,
    fleet,
    ledger,
    inventory: undefined,
    journal: kept,
    audience: { tellWait: tellNobody, note: (text: string) => notes.push(text) },
    redact: redactNothing,
    clock: fakeClock(),
    balancers: { at: notAsked, backend: notAsked },
    newId: () => 'a'.repeat(32),
    newSeed: () => 1,
    lookEvery: 1_000,
    stopping: stop.signal,
    checkpoint: given.checkpoint,
    ...(given.planning === undefined ? {} : { planning: given.planning }),
    ...(given.locks === undefined ? {} : { locks: given.locks }),
  }
  const source = {
    known: () => hosts,
    isKnown: () => true,
    frozen: async () => hosts,
    outside: () => [],
    expectFirstWindowOver: async () => {},
    wave: () => undefined,
  }
  const { executors, step, halt, gateway } = createEngine(ports, source, {
    budget: new FailureBudget(),
    line: LINE,
  })
  executors.beginScenario('9')
  const changing = () => fleet.asked.filter(({ request }) => request.mutating)
  return {
    executor: step.executor,
    gateway,
    fleet,
    journal,
    verdicts,
    notes,
    unwritten,
    changing,
    stop,
    halt,
    ledger,
  }
}

function notAsked(): never {
  throw new Error('no balancer was named')
}

type Made = ReturnType<typeof executorOn>

const members: Readonly<Record<string, Pick<Given, 'planning' | 'checkpoint'>>> = {
  perform: {},
  plan: { planning },
  'prove again': { checkpoint: checkpoint() },
  'prove again, where nothing may be changed': { planning, checkpoint: checkpoint() },
}
const harmless = Object.entries(members).filter(([name]) => name !== 'perform')

const obligation: Obligation = {
  name: 'blocks 1.2.3.4',
  putBack: (hosts, { ask }) => ask({ agent: 'lb', action: 'unblock', inputs: {}, mutating: true }, hosts),
  look: (hosts, { ask }) => ask({ agent: 'lb', action: 'isblocked', inputs: {}, mutating: false }, hosts),
  read: () => ({ isOpen: true, seen: 'blocked' }),
}

/** The requests that a line may make of an executor, with all that a verb can build into them. */
type Work = { change: Change } | { look: Look }

const aWork: fc.Arbitrary<Work> = fc
  .record({
    kind: fc.constantFrom('change', 'change', 'look'),
    agent: fc.constantFrom('package', 'door'),
    opens: fc.boolean(),
    beforehand: fc.boolean(),
    verified: fc.boolean(),
    repeatable: fc.boolean(),
    asAction: fc.boolean(),
    forgets: fc.boolean(),
    patience: fc.constantFrom(undefined, { within: 2_000 }, { times: 2 }),
  })
  .map(({ kind, agent, opens, beforehand, verified, repeatable, asAction, forgets, patience }): Work => {
    const look = asking({ agent: 'package', action: 'status', inputs: {} })
    const read = ({ kind: answered }: Answer) => ({ passed: answered === 'answered', seen: answered })
    if (kind === 'look') return { look: { request: { agent, action: 'status', inputs: {} }, read, patience } }
    const request = { agent, action: 'update', inputs: {}, mutating: true }
    const refuse: Change['beforehand'] = async (hosts, gateway) => {
      const { unexpected } = await look(hosts, gateway)
      const [first] = hosts
      if (first === undefined) return { refused: [], unexpected }
      return { refused: [{ host: first, passed: false, kind: 'answered', seen: 'refused' }], unexpected }
    }
    return {
      change: {
        ...(opens ? { opens: obligation, isOfTraffic: true } : {}),
        ...(beforehand ? { beforehand: refuse } : {}),
        order: {
          tell: telling(request),
          ...(verified ? { verify: { ask: look, read } } : {}),
          ...(forgets
            ? { afterwards: async (done) => ({ ...done, observations: done.observations.slice(1) }) }
            : {}),
        },
        plannable: asAction
          ? { action: request }
          : { resource: 'x', ask: look, plan: () => ({ now: '1', to: '2' }), affectsOthers: true },
        repeatable,
      },
    }
  })

const SILENT: Answer = { kind: 'silent', waited: 2_000 }
const someAnswers = fc.array(
  fc.constantFrom<Answer>(
    { kind: 'answered', data: { agents: ['package', 'door'] } },
    { kind: 'answered', data: {} },
    { kind: 'failed', message: 'no', data: {} },
    SILENT,
    { kind: 'untrusted', reason: 'unsigned' },
  ),
  { minLength: 1, maxLength: 4 },
)

const carryOut = (executor: Executor, work: Work) =>
  'look' in work ? executor.look(work.look) : executor.change(work.change)

/** Returns the answers of hosts. Each host gives the same answer to every request. */
const each = (answers: readonly Answer[]) => (host: string) => answers[Number(host.slice(3)) - 1] ?? SILENT

for (const [name, member] of Object.entries(members)) {
  describe(`an executor: to ${name}`, () => {
    const run = async (answers: readonly Answer[], work: Work, more: Given = {}): Promise<Made> => {
      const made = executorOn({ hosts: webs(answers.length), answer: each(answers), ...member, ...more })
      await carryOut(made.executor, work)
      return made
    }

    it('concludes each line once, with each host that moves in it once', async () => {
      await fc.assert(
        fc.asyncProperty(someAnswers, aWork, async (answers, work) => {
          const { verdicts } = await run(answers, work)
          expect(verdicts).to.have.length(1)
          const told = verdicts[0]?.observations.map(({ host }) => host) ?? []
          expect([...told].sort()).to.deep.equal(webs(answers.length))
        }),
      )
    })

    it('lets no host pass that was asked something and was silent throughout', async () => {
      await fc.assert(
        fc.asyncProperty(someAnswers, aWork, async (answers, work) => {
          const { verdicts, fleet } = await run(answers, work)
          const asked = new Set(fleet.asked.flatMap(({ hosts }) => hosts))
          for (const { host, passed } of verdicts[0]?.observations ?? [])
            if (asked.has(host) && each(answers)(host).kind === 'silent') expect(passed, host).to.equal(false)
        }),
      )
    })

    it('has on disk what it sends before it sends it, and the obligation before the order', async () => {
      await fc.assert(
        fc.asyncProperty(someAnswers, aWork, async (answers, work) => {
          const { unwritten, journal } = await run(answers, work)
          expect(unwritten).to.deep.equal([])
          const order = journal.findIndex((entry) => entry.type === 'asked' && entry.mutating)
          if (order < 0 || !('change' in work) || work.change.opens === undefined) return
          const opened = journal.findIndex(({ type }) => type === 'opened')
          expect(opened).to.be.within(0, order)
        }),
      )
    })

    it('sends nothing more once something cannot be written down', async () => {
      await fc.assert(
        fc.asyncProperty(someAnswers, aWork, fc.nat(6), async (answers, work, at) => {
          let [written, sentBefore] = [0, 0]
          const made: Made = executorOn({
            hosts: webs(answers.length),
            answer: each(answers),
            ...member,
            append: async () => {
              if (written >= at) {
                if (written === at) sentBefore = made.fleet.asked.length
                written += 1
                throw new LockstepError('journal-failed', 'the disk is full')
              }
              written += 1
            },
          })
          const outcome = await carryOut(made.executor, work).then(
            () => 'done',
            (error: LockstepError) => error.code,
          )
          if (written <= at) return
          expect(outcome).to.equal('journal-failed')
          expect(made.fleet.asked.length).to.equal(sentBefore)
        }),
      )
    })

    it('sends no request once the rollout has stopped, or the operator has asked it to', async () => {
      await fc.assert(
        fc.asyncProperty(aWork, fc.boolean(), async (work, byOperator) => {
          const { executor, fleet, verdicts, stop, halt } = executorOn(member)
          if (byOperator) stop.abort()
          else halt.stopAt(new LockstepError('diverged', 'a host diverged'))
          const { code } = await failure(carryOut(executor, work))
          expect(code).to.equal(byOperator ? 'interrupted' : 'diverged')
          const gate = { ask: async () => {}, wouldAsk: () => '' }
          expect((await failure(executor.pass(gate))).code).to.equal(code)
          const measurement = { name: 'x', first: async () => 1, during: 1, judge: notAsked }
          expect((await failure(executor.measure(measurement))).code).to.equal(code)
          expect(fleet.asked).to.deep.equal([])
          expect(verdicts).to.deep.equal([])
        }),
      )
    })

    it('fails for a message that fails, though all hosts passed', async () => {
      const made = executorOn({ answer: () => ({ kind: 'answered', data: {} }), ...member })
      made.fleet.unexpected = [{ kind: 'contradiction', host: 'web1', detail: 'differs', fails: true }]
      await made.executor.gateway.ask({ agent: 'a', action: 'b', inputs: {}, mutating: false }, webs(3))
      made.fleet.unexpected = []
      const verdict = await made.executor.conclude({
        observations: [{ host: 'web1', passed: true, kind: 'known', seen: '' }],
        unexpected: [],
      })
      expect(verdict.unexpected.map(({ detail }) => detail)).to.deep.equal(['differs'])
    })
  })
}

for (const [name, member] of harmless) {
  describe(`an executor that changes nothing: to ${name}`, () => {
    it('sends nothing that changes a host, opens no obligation, and takes no lock', async () => {
      await fc.assert(
        fc.asyncProperty(someAnswers, fc.array(aWork, { maxLength: 5 }), async (answers, works) => {
          const made = executorOn({ hosts: webs(answers.length), answer: each(answers), ...member })
          for (const work of works) await carryOut(made.executor, work).catch(() => {})
          expect(made.changing()).to.deep.equal([])
          expect(made.journal.filter(({ type }) => type === 'opened')).to.deep.equal([])
          expect(made.ledger.own).to.deep.equal([])
        }),
      )
    })

    it('sends no change even for a verb that tries every gateway it is given', async () => {
      const tell = telling({ agent: 'door', action: 'open', inputs: {} })
      const work = async () => new Map(webs(3).map((host): [string, Answer] => [host, SILENT]))
      const request = { agent: 'door', action: 'open', inputs: {}, mutating: true }
      const attempts: ((executor: Executor) => Promise<unknown>)[] = [
        (executor) => executor.look({ request: tell, read: () => ({ passed: true, seen: '' }) }),
        (executor) =>
          executor.change({
            guard: async () => void (await tell(webs(3), executor.gateway)),
            beforehand: async (hosts, gateway) => {
              await tell(hosts, gateway)
              return { refused: [], unexpected: [] }
            },
            order: { tell, verify: { ask: tell, read: () => ({ passed: true, seen: '' }) } },
            plannable: {
              resource: 'x',
              ask: tell,
              plan: () => ({ now: '', to: undefined }),
              affectsOthers: true,
            },
            repeatable: true,
          }),
        ({ gateway }) => gateway.ask(request, webs(3)),
        ({ gateway }) => gateway.record(request, webs(3), work),
        (executor) =>
          executor.measure({
            name: 'x',
            first: async (gateway) => tell(webs(3), gateway),
            during: 1,
            judge: async (_, gateway) => {
              await tell(webs(3), gateway)
              return { observations: [], unexpected: [] }
            },
          }),
      ]
      for (const attempt of attempts) {
        const made = executorOn(member)
        await attempt(made.executor).catch(() => {})
        expect(made.changing()).to.deep.equal([])
        expect(made.journal.filter((entry) => entry.type === 'asked' && entry.mutating)).to.deep.equal([])
      }
    })
  })
}

describe('the executor that performs', () => {
  it('names a host once that may not get the order again and has slipped back into rotation', async () => {
    const unknown = new Map([[lineKey(LINE), new Set(['web1'])]])
    const before = {
      name: 's',
      waves: [],
      done: false,
      overtaken: new Set<string>(),
      unknown,
      openPuppetRuns: new Map(),
    }
    const stopped = { ...checkpoint(), scenarios: new Map([['9', before]]) }
    const { executor, ledger, verdicts, changing } = executorOn({ checkpoint: stopped })
    const lapsed = { ...obligation, lapses: true, read: () => ({ isOpen: false, seen: 'unblocked' }) }
    await ledger.open(lapsed, ['web1', 'web2'])
    const request = { agent: 'door', action: 'open', inputs: {}, mutating: true }
    const change = { order: { tell: telling(request) }, plannable: { action: request }, repeatable: false }
    await executor.change(change)
    expect(verdicts[0]?.observations.map(({ host, passed }) => `${host} ${passed}`).sort()).to.deep.equal([
      'web1 false',
      'web2 false',
      'web3 true',
    ])
    expect(changing().map(({ hosts }) => hosts)).to.deep.equal([['web3']])
  })

  it('judges whether a change may begin once other rollouts are waited for, right before it is written down', async () => {
    const order: string[] = []
    const locks = { patience: 0, expectOwned: () => {}, take: async () => void order.push('locks') }
    const append = async ({ type }: JournalEntry | Conclusion) => void order.push(type)
    const { executor, changing } = executorOn({ locks, append })
    const request = { agent: 'door', action: 'open', inputs: {}, mutating: true }
    const refusal = new LockstepError('gate-closed', 'there is no room')
    const refused = await failure(
      executor.change({
        guard: async () => {
          order.push('guard')
          throw refusal
        },
        opens: obligation,
        order: { tell: telling(request) },
        plannable: { action: request },
        repeatable: true,
      }),
    )
    expect(refused).to.equal(refusal)
    expect(order).to.deep.equal(['locks', 'guard'])
    expect(changing()).to.deep.equal([])
  })
})

describe('the executor that proves again', () => {
  const read = ({ kind }: Answer) => ({ passed: kind === 'answered', seen: kind })
  const look: Look = { request: { agent: 'package', action: 'status', inputs: {} }, read }

  it('skips a look only where a later line has superseded it', async () => {
    const again = executorOn({ checkpoint: checkpoint() })
    await again.executor.look(look)
    expect(again.fleet.asked).to.have.length(1)
    const overtaken = executorOn({ checkpoint: checkpoint([lineKey(LINE)]) })
    await overtaken.executor.look(look)
    expect(overtaken.fleet.asked).to.deep.equal([])
    expect(overtaken.verdicts[0]?.observations[0]?.kind).to.equal('done before')
  })

  const raw = { agent: 'door', action: 'open', inputs: {}, mutating: true }
  const door = async () => new Map(webs(3).map((host): [string, Answer] => [host, SILENT]))

  it("sends no order that a team's own step gives without a verb, and names that step", async () => {
    for (const tell of [
      ({ gateway }: Made) => gateway.ask(raw, webs(3)),
      ({ gateway }: Made) => gateway.record(raw, webs(3), door),
    ]) {
      const made = executorOn({ checkpoint: checkpoint() })
      const refused = await failure(tell(made))
      expect(refused.code).to.equal('bad-feature')
      expect(refused.message).to.equal(
        'open of door was about to be sent by "a line" (line 7), in a scenario that the resumed run has done; it was not sent. A step of your own is passed over there only where it goes by a verb of the rollout, such as this.rollout.agents.run; let it do so, and resume the run again',
      )
      expect(made.fleet.asked).to.deep.equal([])
      expect(made.journal.filter((entry) => entry.type === 'asked')).to.deep.equal([])
    }
  })

  it("takes an order for one that changes hosts where a team's own step does not say", async () => {
    const { mutating: _, ...unsaid } = raw
    const made = executorOn({ checkpoint: checkpoint() })
    expect((await failure(made.gateway.ask(unsaid as Request, webs(3)))).code).to.equal('bad-feature')
    const live = executorOn({})
    await live.gateway.ask(unsaid as Request, webs(3))
    expect(live.journal.find((entry) => entry.type === 'asked')).to.include({ mutating: true })
    expect(live.changing()).to.have.length(1)
  })

  it('sends what is undone after it has stopped, and what is only asked', async () => {
    const made = executorOn({ checkpoint: checkpoint() })
    await made.gateway.ask({ ...raw, mutating: false }, webs(3))
    made.halt.stopAt(new LockstepError('diverged', 'a host diverged'))
    await made.gateway.ask(raw, webs(3))
    expect(made.fleet.asked.map(({ request }) => request.mutating)).to.deep.equal([false, true])
  })

  it('does not believe a host again that has diverged since', async () => {
    const { executor, halt } = executorOn({ checkpoint: checkpoint(), answer: () => SILENT })
    await executor.look(look)
    expect(halt.reason?.code).to.equal('diverged')
  })
})

describe('the verbs', () => {
  const folder = join(__dirname, '..', 'verbs')

  it('do not ask whether they are planned, or an earlier run has done them', () => {
    for (const file of readdirSync(folder).filter((name) => !name.endsWith('.test.ts'))) {
      const text = readFileSync(join(folder, file), 'utf8')
      expect(text, file).not.to.match(/isPlanned|planState|claim|planning|checkpoint|resum(?:ption|ed)\b/i)
    }
  })
})
