import { expect } from 'chai'
import { reasonOf } from '../testing/failure'
import { rolloutEvent } from '../testing/rollout_event'
import { DeliveryError } from './channel'
import { teamChannel, type MakeChannel, type Notification } from './team_channel'

const SECRET = 'hunter2-of-the-pager'
const settings = {
  kind: 'extension',
  name: 'pager',
  on: ['ended'],
  secrets: [SECRET],
  where: 'lockstep.yaml:5',
  options: { room: 'deploys', key: SECRET },
} as const

describe('a channel of a team', () => {
  const message = { key: 'r1/ended/1', event: rolloutEvent({ event: 'ended', run: 'r1' }) }
  const send = (make: unknown) =>
    teamChannel(settings, make as MakeChannel, (text) => text.replaceAll(SECRET, '***')).deliver(
      message,
      new AbortController().signal,
    )

  it('gets its options, and each notification with a key and a sentence', async () => {
    const got: [unknown, Notification][] = []
    await send((options: unknown) => ({
      deliver: (notification: Notification) => void got.push([options, notification]),
    }))
    expect(got[0]?.[0]).to.deep.equal({ room: 'deploys', key: SECRET })
    expect(got[0]?.[1]).to.deep.include({ event: 'ended', run: 'r1', key: 'r1/ended/1' })
    expect(got[0]?.[1].summary).to.be.a('string').and.not.equal('')
  })

  it('changes nothing of what other channels send', async () => {
    const before = structuredClone(message.event)
    await send(() => ({
      deliver(notification: Notification) {
        Object.assign(notification.counts, { hosts: 0 })
        Object.assign(notification, { run: 'another' })
      },
    }))
    expect(message.event).to.deep.equal(before)
  })

  const faults: [string, unknown, string][] = [
    [
      'throws an error with a secret',
      () => ({ deliver: () => Promise.reject(new Error(`no ${SECRET}\n!`)) }),
      'no *** !',
    ],
    // oxlint-disable-next-line no-throw-literal
    [
      'throws a text',
      () => ({
        deliver() {
          throw 'boom'
        },
      }),
      'boom',
    ],
    ['throws nothing', () => ({ deliver: () => Promise.reject(undefined) }), 'it gave no reason'],
    [
      'cannot be made',
      () => {
        throw new Error('no room')
      },
      'no room',
    ],
    ['is none', () => ({}), 'it made no channel; expected an object with a function deliver'],
    [
      'is made later',
      async () => ({ deliver() {} }),
      'it made no channel; expected an object with a function deliver',
    ],
  ]
  for (const [what, make, reason] of faults)
    it(`that ${what} has not delivered, and says why`, async () => {
      expect(await reasonOf(send(make))).to.equal(reason)
    })

  it('is tried again where it says so, and else is not', async () => {
    const retry = async (fault: unknown) => {
      const error: unknown = await send(() => ({ deliver: () => Promise.reject(fault) })).catch(
        (why: unknown) => why,
      )
      return error instanceof DeliveryError && error.retry
    }
    expect(await retry(Object.assign(new Error('busy'), { retry: true }))).to.equal(true)
    expect(await retry(new Error('no'))).to.equal(false)
  })
})
