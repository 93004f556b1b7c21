import { expect } from 'chai'
import type { StatusSettings } from '../config/status_setting'
import { DeliveryError } from '../notifications/channel'
import { FakeClock, settled } from '../testing/fake_clock'
import { StatusTeller } from './status_teller'

const C = 'c'.repeat(40)
const status = { repository: 'website', commit: C, state: 'pending', description: 'waits' } as const

describe('telling a server the status of a commit', () => {
  let clock: FakeClock
  let troubles: string[]
  let tries: number
  let answers: (DeliveryError | 'taken' | 'silent' | 'endless' | number)[]
  beforeEach(() => {
    clock = new FakeClock()
    troubles = []
    tries = 0
    answers = []
  })

  function tell(kind: StatusSettings['kind'] = 'github', signal = new AbortController().signal) {
    const teller = new StatusTeller({
      settings: { kind, api: 'https://x', repository: 'a/b', token: 't', context: 'lockstep' },
      clock,
      async post(_request, until) {
        tries += 1
        const answer = answers.shift() ?? 'taken'
        if (answer === 'silent' || answer === 'endless') {
          const cut = answer === 'silent' ? new DeliveryError('was cut off', true) : answered(422, ': aaaa')
          await new Promise((_resolve, reject) => until.addEventListener('abort', () => reject(cut)))
        }
        if (answer instanceof DeliveryError) throw answer
        return typeof answer === 'number' ? answer : 201
      },
      onTrouble: (sentence) => troubles.push(sentence),
    })
    const told = { isOver: false }
    void teller.tell(status, signal).then(() => (told.isOver = true))
    return told
  }
  const answered = (code: number, body = '', retryAfter?: number) =>
    new DeliveryError(`answered ${code}${body}`, code >= 500, retryAfter, code)

  it('ends when the server has taken it', async () => {
    const told = tell()
    await settled()
    expect([told.isOver, tries, troubles]).to.deep.equal([true, 1, []])
    expect(clock.pending).to.deep.equal([])
  })

  it('goes on for as long as the server is away, or the token is not right', async () => {
    for (let each = 0; each < 20; each += 1) answers.push(answered([401, 403, 500, 503][each % 4] ?? 0))
    const told = tell()
    for (let each = 0; each < 20; each += 1) {
      await settled()
      expect(told.isOver).to.equal(false)
      expect(clock.pending.at(0)).to.be.at.most(600_000)
      await clock.next()
    }
    await settled()
    expect([told.isOver, tries]).to.deep.equal([true, 21])
    expect(troubles[0]).to.equal(
      `github has no status of ${C} of website: it answered 401; it is told again in 5 s`,
    )
  })

  it('waits as long as the server asks', async () => {
    answers.push(answered(429, '', 90_000))
    tell()
    await settled()
    expect(clock.pending).to.deep.equal([90_000])
  })

  it('gives up what the server refuses for good, and says so: later ones are not kept waiting', async () => {
    answers.push(answered(422, ': Validation Failed'))
    const told = tell()
    await settled()
    expect(told.isOver).to.equal(true)
    expect(troubles).to.deep.equal([
      `github has no status of ${C} of website: it answered 422: Validation Failed; this one is given up`,
    ])
  })

  const givenUp: [StatusSettings['kind'], number, string, number, string][] = [
    ['github', 422, ': {"message":"No commit found for SHA: cc', 7, 'a commit that GitHub does not know'],
    ['gitlab', 404, ': {"message":"404 Commit Not Found"}', 7, 'a commit that GitLab does not know'],
    ['gitlab', 404, ': {"message":"404 References for commit Not Found"}', 7, 'a commit without a branch'],
    ['gitlab', 409, '', 7, 'a conflict'],
    ['gitea', 500, '', 13, 'a commit that Gitea does not know, for an hour'],
  ]
  for (const [kind, code, body, most, what] of givenUp)
    it(`gives up ${what}, and not at once: it may show a push late`, async () => {
      for (let each = 0; each < most; each += 1) answers.push(answered(code, body))
      const told = tell(kind)
      for (let each = 1; each < most; each += 1) {
        await settled()
        expect(told.isOver).to.equal(false)
        await clock.next()
      }
      await settled()
      expect([told.isOver, tries]).to.deep.equal([true, most])
      expect(troubles.at(-1)).to.match(/this one is given up$/)
    })

  const kept: [StatusSettings['kind'], number, string][] = [
    ['github', 404, ': {"message":"Not Found"}'],
    ['gitlab', 404, ': {"message":"404 Project Not Found"}'],
    ['gitlab', 404, ': {"error":"404 Not Found"}'],
    ['gitea', 404, ''],
    ['github', 500, ''],
    ['github', 405, ''],
  ]
  for (const [kind, code, body] of kept)
    it(`goes on while ${kind} answers ${code}${body}: the token, the name or the api may be wrong`, async () => {
      for (let each = 0; each < 50; each += 1) answers.push(answered(code, body))
      const told = tell(kind)
      for (let each = 0; each < 50; each += 1) {
        await settled()
        await clock.next()
      }
      await settled()
      expect([told.isOver, tries]).to.deep.equal([true, 51])
    })

  it('says what is wrong with a certificate', async () => {
    answers.push(new DeliveryError('its certificate has expired', false))
    tell()
    await settled()
    expect(troubles[0]).to.match(/ of website: its certificate has expired; it is told again in 5 s$/)
  })

  it('does not take a page for a status that was taken', async () => {
    answers.push(200, 204)
    const told = tell()
    await settled()
    expect([told.isOver, troubles]).to.deep.equal([
      false,
      [
        `github has no status of ${C} of website: it answered 200, which takes no status; is https://x its API?; it is told again in 5 s`,
      ],
    ])
    await clock.next()
    await settled()
    expect(told.isOver).to.equal(false)
    await clock.next()
    await settled()
    expect([told.isOver, tries]).to.deep.equal([true, 3])
  })

  it('believes a refusal whose text never ends', async () => {
    answers.push('endless')
    const told = tell()
    await settled()
    await clock.next()
    await settled()
    expect(told.isOver).to.equal(true)
    expect(troubles).to.have.length(1)
  })

  it('ends where GitLab says that it waits already, and nothing like it', async () => {
    const refusal = (from: string) =>
      answered(400, `: {"message":"Cannot transition status via ${from} (Reason(s): …`)
    answers.push(refusal(':enqueue from :pending'))
    expect([tell('gitlab'), await settled()][0]).to.deep.equal({ isOver: true })
    expect(troubles).to.deep.equal([])
    answers.push(refusal(':success from :canceled'))
    tell('gitlab')
    await settled()
    expect(troubles).to.have.length(1)
  })

  it('counts no answer within 30 seconds as none', async () => {
    answers.push('silent')
    const told = tell()
    await settled()
    expect(clock.pending).to.deep.equal([30_000])
    await clock.next()
    expect(troubles[0]).to.match(/it did not answer within 30 s; it is told again in 5 s$/)
    await clock.next()
    expect([told.isOver, tries]).to.deep.equal([true, 2])
  })

  it('ends when it is told to, in a try and in a pause', async () => {
    for (const answer of ['silent', answered(500)] as const) {
      const end = new AbortController()
      answers.push(answer)
      const told = tell('github', end.signal)
      await settled()
      expect(told.isOver).to.equal(false)
      end.abort()
      await settled()
      expect(told.isOver).to.equal(true)
    }
  })
})
