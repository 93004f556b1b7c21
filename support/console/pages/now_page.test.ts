import { expect } from 'chai'
import fc from 'fast-check'
import { expectOwnMarkup, hostileText } from '../../testing/page_markup'
import type { NowData } from './now_data'
import { nowPage } from './now_page'

const AT = '2026-11-22T12:00:00.000Z'
const EMPTY: NowData = {
  now: Date.parse(AT) + 180_000,
  isWhole: true,
  isShared: false,
  hasJournals: true,
  out: [],
  underWay: [],
  starting: [],
  approvals: [],
  gates: [],
  starts: [],
  canStart: false,
  spools: [],
  environments: [],
  locks: [],
  unwritten: [],
  faults: [],
}

/** Returns a page full of one text, where others could have put it. */
function dataOf(text: string): NowData {
  const first = { host: text, obligation: text, run: text, feature: text, since: AT }
  return {
    ...EMPTY,
    out: [{ first, hosts: [text, 'web2'], environment: text, putBack: text, byHand: text, isGoing: false }],
    underWay: [
      {
        run: text,
        feature: text,
        environment: text,
        release: text,
        by: text,
        began: text,
        hosts: 3,
        wave: text,
      },
    ],
    starting: [
      {
        run: text,
        at: '/starts/a',
        name: text,
        environment: text,
        by: text,
        machine: text,
        since: AT,
        isOver: false,
      },
    ],
    gates: [
      {
        run: text,
        feature: text,
        environment: text,
        gate: text,
        question: text,
        since: AT,
        until: AT,
        out: [text],
      },
    ],
    approvals: [
      {
        repository: text,
        run: text,
        environment: text,
        plan: text,
        why: text,
        tag: text,
        commit: text,
        since: AT,
        approve: text,
      },
    ],
    starts: [{ at: '/starts/a', feature: text, environment: text, waits: text, by: text, since: AT }],
    spools: [text],
    environments: [
      {
        environment: text,
        hosts: 2,
        releases: [
          {
            release: text,
            hosts: { had: [text], unfinished: [text], 'went back': [text] },
            count: 3,
            since: AT,
            passed: false,
            why: text,
          },
        ],
      },
    ],
    locks: [text],
    unwritten: [{ run: text, feature: text, hosts: 2 }],
    faults: [text],
  }
}

describe('the page of now', () => {
  it('shows first who is out of rotation and how they are put back, then what waits, what goes on, and what hosts have', () => {
    const { text } = nowPage(dataOf('web1'))
    const places = [
      'Out of rotation: 2 hosts',
      'Put back:',
      'Waits for a person',
      'Rollouts under way',
      'Releases',
      'Locks',
    ]
    const found = places.map((place) => text.indexOf(place))
    expect(found).to.deep.equal([...found].sort((a, b) => a - b))
    expect(Math.min(...found)).to.be.at.least(0)
    expect(text).to.contain('2026-11-22 12:00 UTC').and.to.contain('(3 min ago)')
  })

  it('offers to put back what a rollout has left, and not what one under way has taken out', () => {
    const { out } = dataOf('web1')
    expect(nowPage({ ...EMPTY, out }).text).to.contain('Put back…</a>')
    const { text } = nowPage({ ...EMPTY, out: out.map((each) => ({ ...each, isGoing: true })) })
    expect(text).to.contain('Out of rotation: 2 hosts')
    expect(text).to.contain('Its rollout is under way. Hosts are put back from here once it is over.')
    expect(text).not.to.contain('Put back…')
  })

  it('leads to the start of a rollout where lockstep.yaml lets people start some', () => {
    expect(nowPage({ ...EMPTY, canStart: true }).text).to.contain(
      '<a href="/start">Choose a feature</a> to plan it',
    )
    expect(nowPage(EMPTY).text).not.to.contain('Choose a feature')
    const { starts } = dataOf('web1')
    expect(nowPage({ ...EMPTY, canStart: true, starts }).text).not.to.contain('What comes next')
  })

  it('names who has begun a rollout that has no journal yet, and leads to its start', () => {
    const { starting } = dataOf('anna')
    const { text } = nowPage({ ...EMPTY, starting })
    expect(text).to.contain('Rollouts under way <small>1</small>')
    expect(text).to.match(/href="\/starts\/a">anna<\/a>[\s\S]*is being started by anna, since /)
    expect(text).not.to.contain('What comes next')
  })

  it('calls nothing clear while not everything is known', () => {
    expect(nowPage(EMPTY).text).to.contain('Nothing is out of rotation.')
    const { text } = nowPage({ ...EMPTY, faults: ['the journal x is damaged'] })
    expect(text).not.to.contain('Nothing is out of rotation')
    expect(text).to.contain('Not everything is known: the journal x is damaged')
  })

  it('says of which environments and of whose rollouts nothing is out', () => {
    const some = nowPage({ ...EMPTY, isWhole: false }).text
    expect(some).to.contain('Nothing is out of rotation in the environments that you may look at.')
    expect(some).to.contain('No rollout of the environments that you may look at is in the history yet')
    expect(nowPage({ ...EMPTY, isShared: true }).text).to.contain(
      'Nothing is out of rotation by the rollouts of this control host.',
    )
    const { text } = nowPage({ ...EMPTY, hasJournals: false })
    expect(text).to.contain('There is no journal of a live run here').and.not.to.contain('Nothing is out')
  })

  it('tells a new user what to do next', () => {
    const { text } = nowPage(EMPTY)
    for (const command of ['doctor', 'ping', 'plan features/deployments/website.feature'])
      expect(text).to.contain(`lockstep.cjs ${command}`)
  })

  it('is bounded, and says how much it leaves out', () => {
    const { out, approvals } = dataOf('web1')
    const many = Array.from({ length: 500 }, () => [out[0], approvals[0]] as const)
    const { text } = nowPage({
      ...EMPTY,
      out: many.flatMap(([one]) => one ?? []),
      approvals: many.flatMap(([, one]) => one ?? []),
    })
    expect(text.length).to.be.below(60_000)
    expect(text.match(/… and 480 more/g)).to.have.length(2)
  })

  it('lets no text of others become markup', () => {
    fc.assert(fc.property(hostileText(), (text) => expectOwnMarkup(nowPage(dataOf(text)))))
  })
})
