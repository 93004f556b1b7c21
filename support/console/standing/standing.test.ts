import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parsePolicy, policyOf } from '../../people/policy'
import type { GateAnswer } from '../../run/gate_answers'
import { readRunJournals } from '../../run/journals'
import { countWishes } from '../../run/stop_wishes'
import type { ConsoleBrowser } from '../../testing/console_browser'
import { ConsoleStand } from '../../testing/console_stand'
import { settled } from '../../testing/fake_clock'
import { journalText } from '../../testing/journal_text'
import { formOf } from '../personal_act'
import { isOwnRun } from './gate_act'
import type { PutBackCall } from './put_back_act'
import { standingContent } from './standing_routes'

const RUN = '20260101-000000-abcd'
const OTHER = '20260101-000001-abcd'
const GATE = '0123456789abcdef'
const NEXT = 'fedcba9876543210'
const AT = '1970-01-01T00:00:00.000Z'
const UNTIL = '1970-01-01T01:00:00.000Z'
const POLICY = `anna may look, approve, start, put back in test
bert may look, approve, start, put back in test
dora may look in test
cleo may approve, start, put back in production
cleo may look in production`

/** The end of the console: nothing that comes behind it is done. */
class Killed extends Error {}

/** A console with a run at a gate, whose process is what the test says. */
class StandingConsole {
  readonly stand = new ConsoleStand()
  readonly signals: number[] = []
  readonly calls: PutBackCall[] = []
  readonly running = new Set<string>()
  /** The process of the run: its user, when it was started, and whether it has its journal open. */
  process: { user: number; started: number; hasOpen: boolean } | undefined = {
    user: 7,
    started: 0,
    hasOpen: true,
  }
  /** Called before each look at the user of the process. */
  onUser = () => {}
  machine = 'control'
  /** Who began the run. */
  by = 'anna@control'
  startFails: Error | undefined
  /** The moment at which the console is killed, between its note and the note that the signal was sent. */
  isKilled: 'before the signal' | 'behind the signal' | undefined
  mayApproveOwn = false
  private lines: object[] = []

  async open(): Promise<this> {
    await this.stand.addPeople('anna', 'bert', 'cleo', 'dora')
    this.stand.policy.content = policyOf(parsePolicy('policy', POLICY, ['test', 'production']))
    return this
  }

  app() {
    const { routes, acts } = standingContent({
      state: this.stand.scratch.path,
      clock: this.stand.clock,
      surroundings: {
        machine: this.machine,
        now: () => this.stand.clock.now(),
        startedAt: () => this.process?.started,
        holders: async () => [],
        userOf: () => {
          this.onUser()
          return this.process?.user
        },
        hasOpen: () => this.process?.hasOpen === true,
        interrupt: (pid) => {
          if (this.isKilled === 'before the signal') throw new Killed()
          this.signals.push(pid)
          if (this.isKilled === 'behind the signal') throw new Killed()
        },
        user: 7,
      },
      mayApproveOwn: () => this.mayApproveOwn,
      journals: () => readRunJournals(join(this.stand.scratch.path, 'live')),
      isRunning: (id) => this.running.has(id),
      newId: () => `20260102-00000${this.calls.length}-aaaa`,
      start: async (call) => {
        this.calls.push(call)
        if (this.startFails !== undefined) throw this.startFails
        this.running.add(call.id)
      },
    })
    return this.stand.open({ routes, acts: acts.map(formOf) })
  }

  browserOf(name: string): Promise<ConsoleBrowser> {
    return this.stand.browserOf(name, this.app())
  }

  /** Writes the journal of a run, as far as it has come. */
  journal(run: string, environment: string, ...more: object[]): void {
    this.lines = [
      {
        type: 'read',
        version: 1,
        run,
        invocation: { args: [], env: {}, cucumber: 'x', lockstep: 'x' },
        scenarios: [],
        remarks: [],
        variables: {},
      },
      {
        type: 'began',
        mode: 'live',
        environment,
        journal: 'x',
        by: this.by,
        tickets: [],
        warnings: [],
        outBefore: [],
        notKnownBefore: [],
      },
      { type: 'run', feature: 'x.feature', hash: 'h', mode: 'live', environment, pid: 4711, order: 1 },
      { type: 'roll call', hosts: ['web1', 'web2'] },
      ...more,
    ]
    this.write(run)
  }

  say(run: string, ...more: object[]): void {
    this.lines.push(...more)
    this.write(run)
  }

  answers(): GateAnswer[] {
    const folder = join(this.stand.scratch.path, 'console', 'answers')
    if (!existsSync(folder)) return []
    return readdirSync(folder).map(
      (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as GateAnswer,
    )
  }

  /** Passes the time that an act waits for its run. */
  async pass<T>(work: Promise<T>, meanwhile: () => void = () => {}): Promise<T> {
    const course = { isOver: false }
    const done = work.finally(() => (course.isOver = true))
    while (!course.isOver) {
      await settled()
      meanwhile()
      if (this.stand.clock.pending.some((ms) => ms <= 200)) await this.stand.clock.next()
    }
    return done
  }

  private write(run: string): void {
    const header = JSON.stringify({ at: AT, type: 'journal', version: 1 })
    const lines = this.lines.map((line) => JSON.stringify({ at: AT, ...line }))
    this.stand.scratch.write(`live/${run}.journal.ndjson`, '')
    writeFileSync(
      join(this.stand.scratch.path, 'live', `${run}.journal.ndjson`),
      journalText(header, ...lines),
    )
  }
}

const waits = (gate = GATE) => ({ type: 'gate waits', gate, question: 'Go on with 2 hosts?', until: UNTIL })
const out = { type: 'opened', obligation: 'blocks 192.168.1.1', hosts: ['web1'] }
const token = (path: string) => `/forms/${encodeURIComponent(path.slice(1))}`

describe('what a person does about a rollout that is there', () => {
  let own: StandingConsole
  beforeEach(async () => {
    own = await new StandingConsole().open()
  })
  afterEach(() => own.stand.close())

  const send = async (name: string, path: string, fields: Record<string, string> = {}) => {
    const browser = await own.browserOf(name)
    return browser.send(token(path), path, fields)
  }
  const refusal = async (answer: Response) => [
    answer.status,
    /<p[^>]*>([^<]*)/.exec((await answer.text()).split('<main')[1] ?? '')?.[1],
  ]
  const gatePath = (gate = GATE, run = RUN) => `/rollouts/${run}/gates/${gate}`

  describe('at a gate', () => {
    it('sees the question, how long is left, who is out of rotation, and two buttons', async () => {
      own.journal(RUN, 'test', out, waits())
      const text = await (await (await own.browserOf('bert')).ask(gatePath())).text()
      expect(text).to.contain('Go on with 2 hosts?').and.to.contain(': 1 h left')
      expect(text).to.contain('Out of rotation meanwhile: 1 host').and.to.contain('web1')
      expect(text).to.contain('value="approve"').and.to.contain('value="refuse"')
      const starter = await (await (await own.browserOf('anna')).ask(gatePath())).text()
      expect(starter).to.contain('Anna started this rollout; another person has to approve it')
      expect(starter).not.to.contain('value="approve"')
    })

    it('has approved only once the run has said so', async () => {
      own.journal(RUN, 'test', waits())
      let isTaken = false
      const answer = await own.pass(send('bert', gatePath(), { answer: 'approve' }), () => {
        const [left] = own.answers()
        if (left === undefined || isTaken) return
        isTaken = true
        expect(left).to.deep.include({ run: RUN, gate: GATE, person: 'bert', answer: 'approve' })
        own.say(RUN, { type: 'gate ended', gate: GATE, outcome: 'approved', by: 'bert', means: 'console' })
      })
      expect([answer.status, answer.headers.get('location')]).to.deep.equal([303, `/rollouts/${RUN}`])
      expect(own.stand.audited.at(-1)).to.include({
        type: 'acted',
        act: 'answer a gate',
        what: `approve run ${RUN} at its gate ${GATE}: Go on with 2 hosts?`,
      })
    })

    it('is told that the run has not taken the answer, and that another one is not needed', async () => {
      own.journal(RUN, 'test', waits())
      const answer = await own.pass(send('bert', gatePath(), { answer: 'approve' }))
      expect(answer.headers.get('location')).to.equal(gatePath())
      const browser = await own.browserOf('bert')
      expect(await (await browser.ask(gatePath())).text()).to.contain(
        'bert has answered: approve. The run has not taken it yet.',
      )
      expect(await refusal(await send('bert', gatePath(), { answer: 'refuse' }))).to.deep.equal([
        409,
        'Bert has answered already, and the run has not taken it yet.',
      ])
    })

    it('is told that an answer came too late', async () => {
      own.journal(RUN, 'test', waits())
      let isOver = false
      const answer = await own.pass(send('bert', gatePath(), { answer: 'approve' }), () => {
        if (isOver || own.answers().length === 0) return
        isOver = true
        own.say(RUN, { type: 'gate ended', gate: GATE, outcome: 'refused', by: 'anna', means: 'terminal' })
      })
      expect(await refusal(answer)).to.deep.equal([
        409,
        'Your answer came too late, and the run did not take it: refused by anna in the terminal.',
      ])
    })

    const starters = [
      ['anna (console), by lockstep@control', 'anna', true],
      ['anna (console), approved by bert (console), by lockstep@control', 'Anna', true],
      ['anna (console), approved by bert (console), by lockstep@control', 'bert', false],
      ['anna@example.org (console), by lockstep@control', 'anna@example.org', true],
      ['anna (console), by lockstep@control', 'lockstep', false],
      ['anna@control', 'anna', true],
      ['anna@control', 'anna@control', true],
      ['bert@control', 'anna', false],
    ] as const
    for (const [by, name, isOwn] of starters)
      it(`counts ${name} ${isOwn ? 'as who' : 'as someone else than who'} started a run by ${by}`, () => {
        expect(isOwnRun(name, by)).to.equal(isOwn)
      })

    it('is refused whoever started the run on a page or over the API', async () => {
      own.by = 'anna (console), approved by bert (console), by lockstep@control'
      own.journal(RUN, 'test', waits())
      const [given, said] = await refusal(await send('anna', gatePath(), { answer: 'approve' }))
      expect([given, said]).to.deep.equal([
        403,
        'Anna started this rollout; another person has to approve it.',
      ])
      expect(own.answers()).to.deep.equal([])
    })

    const refused = [
      ['who may not approve', 'dora', GATE, /^The policy does not allow dora to approve in test/, 403],
      ['who started the run', 'anna', GATE, /^Anna started this rollout/, 403],
      ['of another environment', 'cleo', GATE, /^There is no such rollout, or you may not look at it/, 404],
      ['who answers another gate', 'bert', NEXT, /^This rollout has no such gate/, 404],
    ] as const
    for (const [what, name, gate, why, status] of refused)
      it(`is refused ${what}`, async () => {
        own.journal(RUN, 'test', waits())
        const [given, said] = await refusal(await send(name, gatePath(gate), { answer: 'approve' }))
        expect(given).to.equal(status)
        expect(said).to.match(why)
        expect(own.answers()).to.deep.equal([])
        expect(own.stand.audited.at(-1)).to.include({ type: 'act refused' })
      })

    it('is refused who started the run on the pages, and its user is no one of them', async () => {
      own.by = 'bert (console), approved by anna (console), by anna@control'
      own.journal(RUN, 'test', waits())
      expect(await refusal(await send('bert', gatePath(), { answer: 'approve' }))).to.deep.equal([
        403,
        'Bert started this rollout; another person has to approve it.',
      ])
      await own.pass(send('anna', gatePath(), { answer: 'approve' }))
      expect(own.answers()).to.have.length(1)
    })

    it('may approve a rollout of their own where the configuration lets anybody', async () => {
      own.mayApproveOwn = true
      own.journal(RUN, 'test', waits())
      await own.pass(send('anna', gatePath(), { answer: 'approve' }))
      expect(own.answers()).to.have.length(1)
    })

    it('may refuse a rollout of their own', async () => {
      own.journal(RUN, 'test', waits())
      await own.pass(send('anna', gatePath(), { answer: 'refuse' }))
      expect(own.answers()).to.have.length(1)
    })

    const over = [
      [
        'is over',
        () =>
          own.say(
            RUN,
            { type: 'gate ended', gate: GATE, outcome: 'approved', by: 'bert', means: 'file' },
            waits(NEXT),
          ),
        /^The gate is over: approved by bert by a file/,
      ],
      ['is of a process that is gone', () => (own.process = undefined), /is over|is gone/],
      [
        'is of another user',
        () => (own.process = { user: 8, started: 0, hasOpen: true }),
        /takes no answer of the user of lockstep serve; answer it where it was started, by anna@control/,
      ],
      ['is on another machine', () => (own.machine = 'elsewhere'), /cannot be seen from here/],
    ] as const
    for (const [what, change, why] of over)
      it(`gets a sentence where the gate ${what}`, async () => {
        own.journal(RUN, 'test', waits())
        change()
        const [status, said] = await refusal(await send('bert', gatePath(), { answer: 'approve' }))
        expect([status, said]).to.satisfy(([code, text]: [number, string]) => code === 409 && why.test(text))
        expect(own.answers()).to.deep.equal([])
      })

    it('sends a form once', async () => {
      own.journal(RUN, 'test', waits())
      const browser = await own.browserOf('bert')
      const text = await (await browser.ask(gatePath())).text()
      const [, form = ''] = /name="form" value="([^"]*)"/.exec(text) ?? []
      const body = new URLSearchParams({ form, answer: 'refuse' }).toString()
      await own.pass(browser.ask(gatePath(), { method: 'POST', body }))
      const again = await browser.ask(gatePath(), { method: 'POST', body })
      expect(again.status).to.equal(403)
    })
  })

  describe('who stops it', () => {
    const path = `/rollouts/${RUN}/stop`

    it('sees first who is out of rotation, and sends one signal to its process alone', async () => {
      own.journal(RUN, 'test', out)
      const page = await (await (await own.browserOf('anna')).ask(path)).text()
      expect(page).to.contain('Out of rotation meanwhile: 1 host').and.to.contain('Stop after this step')
      let isTold = false
      const answer = await own.pass(send('anna', path), () => {
        if (own.signals.length === 0 || isTold) return
        isTold = true
        own.say(RUN, { type: 'interrupted' })
      })
      expect([answer.status, answer.headers.get('location')]).to.deep.equal([303, `/rollouts/${RUN}`])
      expect(own.signals).to.deep.equal([4711])
      expect((await refusal(await send('bert', path)))[1]).to.contain('stops already')
      expect(own.signals).to.deep.equal([4711])
    })

    it('sends no second signal, though the run has said nothing yet, nor after a restart', async () => {
      own.journal(RUN, 'test')
      const answer = await own.pass(send('anna', path))
      expect(answer.headers.get('location')).to.equal(path)
      expect((await refusal(await send('bert', path)))[1]).to.match(
        /^Anna has told it to stop, at .+; a second signal would cut its step off/,
      )
      expect(own.signals).to.deep.equal([4711])
    })

    for (const moment of ['before the signal', 'behind the signal'] as const)
      it(`may stop it again where the console was killed ${moment}, and its step is not cut off`, async () => {
        own.journal(RUN, 'test')
        own.isKilled = moment
        await own.pass(send('anna', path))
        const before = own.signals.length
        expect(before).to.equal(moment === 'before the signal' ? 0 : 1)
        own.isKilled = undefined
        const page = await (await (await own.browserOf('bert')).ask(path)).text()
        expect(page).to.contain('anna was about to tell it to stop').and.to.contain('Stop again</button>')
        const answer = await own.pass(send('bert', path))
        expect(answer.status).to.equal(303)
        expect(own.signals).to.have.length(before + 1)
        expect(countWishes(own.stand.scratch.path, RUN), 'the run passes over as many signals').to.equal(2)
        expect((await refusal(await send('anna', path)))[1]).to.match(/^Bert has told it to stop, at/)
        expect(own.signals).to.have.length(before + 1)
      })

    const others = [
      ['has the same number', { user: 7, started: 60_000, hasOpen: true }],
      ['has the same number and the journal open', { user: 7, started: -60_000, hasOpen: true }],
      ['has no journal open', { user: 7, started: 0, hasOpen: false }],
      ['is of another user', { user: 8, started: 0, hasOpen: true }],
    ] as const
    for (const [what, process] of others)
      it(`sends no signal again where the process ${what}`, async () => {
        own.journal(RUN, 'test')
        own.isKilled = 'before the signal'
        await own.pass(send('anna', path))
        own.isKilled = undefined
        own.process = process
        expect(await (await (await own.browserOf('anna')).ask(path)).text()).not.to.contain('<button>Stop')
        expect((await send('anna', path)).status).to.equal(409)
        expect(own.signals).to.deep.equal([])
      })

    it('sends no signal to a number that becomes that of another process behind the note', async () => {
      own.journal(RUN, 'test')
      own.onUser = () => {
        if (countWishes(own.stand.scratch.path, RUN) > 0)
          own.process = { user: 8, started: 0, hasOpen: false }
      }
      expect((await refusal(await own.pass(send('anna', path))))[1]).to.match(/^No signal was sent: /)
      expect(own.signals).to.deep.equal([])
    })

    it('is not asked for ever, nor by a note that cannot be read', async () => {
      own.journal(RUN, 'test')
      own.isKilled = 'before the signal'
      for (let time = 0; time < 3; time += 1) await own.pass(send('anna', path))
      own.isKilled = undefined
      expect((await refusal(await send('anna', path)))[1]).to.match(/^It was to be told to stop 3 times/)
      own.journal(OTHER, 'test')
      own.stand.scratch.write(`console/stops/${OTHER}.1.json`, '{"person":')
      const [status, why] = await refusal(await send('anna', `/rollouts/${OTHER}/stop`))
      expect([status, why]).to.satisfy(
        ([code, text]: [number, string]) => code === 409 && text.startsWith('Someone has told it to stop'),
      )
      expect(own.signals).to.deep.equal([])
    })

    const not = [
      [
        'whose number another process has',
        { user: 7, started: 60_000, hasOpen: true },
        409,
        /over|another one/,
      ],
      ['whose process has not its journal open', { user: 7, started: 0, hasOpen: false }, 409, /another one/],
      [
        'of another user',
        { user: 8, started: 0, hasOpen: true },
        409,
        /another user than lockstep serve; press Ctrl-C where it was started, by anna@control/,
      ],
      ['that is gone', undefined, 409, /is over/],
    ] as const
    for (const [what, process, status, why] of not)
      it(`sends no signal to a run ${what}`, async () => {
        own.journal(RUN, 'test')
        own.process = process
        const [given, said] = await refusal(await send('anna', path))
        expect(given).to.equal(status)
        expect(said).to.match(why)
        expect(own.signals).to.deep.equal([])
      })

    it('is told where to press Ctrl-C for a run of another machine', async () => {
      own.journal(RUN, 'test')
      own.machine = 'elsewhere'
      expect((await refusal(await send('anna', path)))[1]).to.match(
        /not on this machine; press Ctrl-C where it was started, by anna@control/,
      )
      expect(own.signals).to.deep.equal([])
    })

    it('stops nothing whose rollouts are over, and nothing that they may not', async () => {
      own.journal(RUN, 'test', { type: 'rollouts ended', passed: true, reason: '' })
      expect((await refusal(await send('anna', path)))[1]).to.contain('there is nothing to stop')
      own.journal(RUN, 'test')
      expect((await refusal(await send('dora', path)))[1]).to.contain('does not allow dora to stop')
      expect((await send('cleo', path)).status).to.equal(404)
      expect(own.signals).to.deep.equal([])
    })
  })

  describe('who puts its hosts back', () => {
    const path = `/rollouts/${RUN}/put-back`
    const end = () => (own.process = undefined)

    it('sees the command, starts it once, and is not told that hosts are back before the ledger is', async () => {
      own.journal(RUN, 'test', out)
      end()
      const browser = await own.browserOf('anna')
      expect(await (await browser.ask(path)).text()).to.contain(`put-back --run ${RUN}`)
      const answer = await browser.send(path, path, {})
      expect([answer.status, answer.headers.get('location')]).to.deep.equal([303, path])
      expect(own.calls.map(({ run }) => run)).to.deep.equal([RUN])
      const going = await (await browser.ask(path)).text()
      expect(going).to.contain('goes on').and.to.contain('blocks 192.168.1.1').and.not.to.contain('✔')
      expect((await refusal(await send('bert', path)))[1]).to.contain('being put back already')
      const [call] = own.calls
      own.running.clear()
      writeFileSync(call?.output ?? '', 'the broker is away\n<b>')
      const failed = await (await browser.ask(path)).text()
      expect(failed).to.contain('It did not begin').and.to.contain('the broker is away\n&lt;b&gt;')
      expect(failed).to.contain('Put back</button>').and.not.to.contain('✔')
      own.say(RUN, { type: 'closed', obligation: 'blocks 192.168.1.1', hosts: ['web1'] })
      expect(await (await browser.ask(path)).text()).to.contain(
        '✔ No host that this rollout took out is out of rotation.',
      )
      expect((await refusal(await send('bert', path)))[1]).to.contain('is out of rotation any more')
    })

    it('is told why the command could not be started, and may try again', async () => {
      own.journal(RUN, 'test', out)
      end()
      own.startFails = new Error('ENOSPC: no space left on device')
      const [status, why] = await refusal(await send('anna', path))
      expect([status, why]).to.satisfy(
        ([code, text]: [number, string]) => code === 503 && text.includes('could not be started: ENOSPC'),
      )
      own.startFails = undefined
      expect((await send('anna', path)).status).to.equal(303)
    })

    it('starts nothing for a rollout under way, without permission, or for another name', async () => {
      own.journal(RUN, 'test', out)
      expect((await refusal(await send('anna', path)))[1]).to.contain('not known to have ended')
      end()
      expect((await refusal(await send('dora', path)))[1]).to.contain('does not allow dora to put back')
      expect((await send('cleo', path)).status).to.equal(404)
      for (const name of [OTHER, '..%2F..%2Fetc', '%2e%2e', `${RUN}.journal.ndjson`, '--all']) {
        const other = `/rollouts/${name}/put-back`
        expect((await send('anna', other)).status, name).to.be.oneOf([403, 404])
      }
      expect(own.calls).to.deep.equal([])
    })
  })
})
