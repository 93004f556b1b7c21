import { expect } from 'chai'
import { readOnly } from '../rpc/contracts/contract'
import { FakeFleet } from '../testing/fake_fleet'
import { ok, webs } from '../testing/web_fleet'
import { tellNobody } from '../system/wait'
import { tellingBelief } from './telling_belief'

describe('a plan that believes a team', () => {
  const notesOf = async (isPlanned: boolean, ...asked: [string, string][]) => {
    const door = { agent: 'door', description: '', timeout: 5, actions: { knock: readOnly('') } }
    const notes: string[] = []
    const fleet = tellingBelief(
      new FakeFleet(webs(2), () => ok()),
      new Map([['door', { file: './own.js', add: door }]]),
      () => isPlanned,
      (text) => notes.push(text),
    )
    for (const [agent, action] of asked)
      await fleet.call({ agent, action, inputs: {}, mutating: false }, webs(2), {
        beforeSend: async () => {},
        tellWait: tellNobody,
      })
    return notes
  }

  it('says so once of each action', async () => {
    expect(await notesOf(true, ['door', 'knock'], ['door', 'knock'], ['package', 'status'])).to.deep.equal([
      'knock of door was asked, since ./own.js calls it read-only; nothing else says that it changes nothing',
    ])
  })

  it('says nothing where lines are carried out', async () => {
    expect(await notesOf(false, ['door', 'knock'])).to.deep.equal([])
  })
})
