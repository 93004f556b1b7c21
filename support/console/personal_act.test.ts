import { expect } from 'chai'
import * as v from 'valibot'
import { ConsoleStand } from '../testing/console_stand'
import { formOf, personalAct, type ActOutcome } from './personal_act'

const DONE: ActOutcome = { result: 'done', says: 'the bell rings', at: '/hosts/web1' }

describe('an act of a person, as a form', () => {
  let stand: ConsoleStand
  beforeEach(async () => {
    stand = await new ConsoleStand().addPeople('anna')
  })
  afterEach(() => stand.close())

  async function browserWith(outcome: ActOutcome, rung: string[] = []) {
    const bell = personalAct({
      name: 'ring the bell',
      path: '/bell',
      summary: 'Rings the bell.',
      schema: v.object({ times: v.pipe(v.string(), v.regex(/^[1-9]$/)) }),
      async perform({ person, note }, { times }) {
        if (outcome.result === 'done') await note(`${times} times`)
        rung.push(`${person.name}: ${times}`)
        return outcome
      },
    })
    return stand.browserOf('anna', stand.open({ acts: [formOf(bell)] }))
  }

  it('leads to the page on which it is seen, and is in the audit trail', async () => {
    const rung: string[] = []
    const browser = await browserWith(DONE, rung)
    const answer = await browser.send('/forms/bell', '/bell', { times: '3' })
    expect([answer.status, answer.headers.get('location')]).to.deep.equal([303, '/hosts/web1'])
    expect(rung).to.deep.equal(['anna: 3'])
    expect(stand.audited.at(-1)).to.include({ type: 'acted', act: 'ring the bell', what: '3 times' })
  })

  it('is refused with the reason that it gives', async () => {
    const browser = await browserWith({ result: 'refused', why: 'the bell is away', status: 409 })
    const answer = await browser.send('/forms/bell', '/bell', { times: '3' })
    expect(answer.status).to.equal(409)
    expect(await answer.text()).to.include('The bell is away')
    expect(stand.audited.at(-1)).to.include({ type: 'act refused', why: 'the bell is away' })
  })

  for (const [what, fields] of [
    ['without a field', ''],
    ['with a field that is not right', 'times=%3Cb%3E'],
    ['with a field twice', 'times=1&times=2'],
  ] as const)
    it(`is not performed ${what}, and nothing that was sent is quoted`, async () => {
      const rung: string[] = []
      const browser = await browserWith(DONE, rung)
      const page = await (await browser.ask('/forms/bell')).text()
      const token = /value="([^"]*)"/.exec(page)?.[1] ?? ''
      const answer = await browser.ask('/bell', {
        method: 'POST',
        body: `form=${encodeURIComponent(token)}&${fields}`,
      })
      expect(answer.status).to.equal(422)
      expect(await answer.text()).not.to.match(/&lt;b|<b>&/)
      expect(rung).to.deep.equal([])
    })
})
