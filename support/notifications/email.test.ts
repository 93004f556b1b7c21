import { expect } from 'chai'
import fc from 'fast-check'
import { FakeSmtp } from '../testing/fake_smtp'
import { rolloutEvent } from '../testing/rollout_event'
import { DeliveryError } from './channel'
import { email } from './email'
import { EVENTS, type RolloutEvent } from './event'

describe('a notification by email', () => {
  let smtp: FakeSmtp
  let port: number
  beforeEach(async () => {
    smtp = new FakeSmtp()
    port = await smtp.start()
  })
  afterEach(() => smtp.stop())

  const send = (
    more: Partial<Parameters<typeof email>[0]> = {},
    event: RolloutEvent = rolloutEvent(),
    signal = new AbortController().signal,
  ) => {
    const [from, to] = ['deploys@example.net', ['ops@example.net', 'web@example.net']]
    const settings = {
      kind: 'email',
      server: '127.0.0.1',
      port,
      from,
      to,
      tls: 'none',
      on: EVENTS,
      secrets: [],
    } as const
    return email({ ...settings, ...more }, 5_000).deliver({ key: 'r1/failed/1', event }, signal)
  }
  const refusal = async (...args: Parameters<typeof send>): Promise<DeliveryError> => {
    try {
      await send(...args)
    } catch (error) {
      if (error instanceof DeliveryError) return error
      throw error
    }
    throw new Error('it was taken')
  }

  it('says what happened, and to which hosts', async () => {
    await send({ login: { user: 'deploys', password: 'hunter2' } })
    const [mail = ''] = smtp.messages
    expect(mail).to.match(/^To: ops@example\.net, web@example\.net$/m)
    expect(mail).to.match(/^Subject: \[production\] failed: rolling\.feature$/m)
    expect(mail).to.match(/\n\nthe rollout stops: at/)
    expect(mail).to.match(/^Message-ID: <r1\.failed\.1@lockstep>$/im)
    expect(mail).to.match(/^out of rotation +web3$/m)
    expect(smtp.commands).to.include('RCPT TO:<web@example.net>')
    expect(smtp.commands.join()).to.contain(Buffer.from('\0deploys\0hunter2').toString('base64'))
  })

  it('has the text of its template', async () => {
    await send({ template: '<environment>: <event>\nSee <run>.' })
    expect(smtp.messages[0]).to.match(/\n\nproduction: failed\nSee 20261120-224926-f1b1\./)
  })

  it('has no headers but its own, for any names of hosts and features', async () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('a\r\nBcc: x@y.z', '\nX-A: b', '\r'),
    )
    await fc.assert(
      fc.asyncProperty(nasty, nasty, async (environment, reason) => {
        smtp.messages.length = 0
        smtp.commands.length = 0
        await send({}, rolloutEvent({ environment, reason, feature: reason }))
        const [head = ''] = (smtp.messages[0] ?? '').split('\n\n')
        const names = [...head.matchAll(/^([^\s:]+):/gm)].map(([, name = '']) => name.toLowerCase())
        expect(names.sort()).to.deep.equal([
          'content-transfer-encoding',
          'content-type',
          'date',
          'from',
          'message-id',
          'mime-version',
          'subject',
          'to',
        ])
        expect(smtp.commands.filter((line) => line.startsWith('RCPT'))).to.have.length(2)
      }),
      { numRuns: 40 },
    )
  })

  const answers: [string, (line: string) => string | undefined, string, boolean][] = [
    [
      'refuses all recipients',
      (line) => (line.startsWith('RCPT') ? '550 nobody ops@example.net' : undefined),
      'refused the sender or the recipients (550)',
      false,
    ],
    [
      'refuses one recipient',
      (line) => (line.startsWith('RCPT TO:<ops') ? '550 nobody' : undefined),
      'refused 1 of 2 recipients',
      false,
    ],
    [
      'puts it off',
      (line) => (line.startsWith('MAIL') ? '451 later' : undefined),
      'refused the sender or the recipients (451)',
      true,
    ],
    [
      'refuses the message',
      (line) => (line === '.' ? '554 spam' : undefined),
      'refused the message (554)',
      false,
    ],
    [
      'is no mail server',
      (line) => (line === '' ? 'HTTP/1.1 400' : undefined),
      'does not speak as it should (EPROTOCOL)',
      false,
    ],
  ]
  for (const [name, answer, said, retry] of answers) {
    it(`says that the server ${name}`, async () => {
      smtp.answer = answer
      expect(await refusal()).to.deep.include({ message: said, retry })
    })
  }

  it('says that user and password are wrong, and does not repeat them', async () => {
    smtp.answer = (line) => (line.startsWith('AUTH') ? `535 no ${line}` : undefined)
    expect(await refusal({ login: { user: 'deploys', password: 'hunter2' } })).to.deep.include({
      message: 'refused user and password',
      retry: false,
    })
  })

  it('is not sent without the TLS that is asked for', async () => {
    expect((await refusal({ tls: 'starttls' })).retry).to.equal(false)
    expect((await refusal({ tls: 'implicit' })).retry).to.equal(false)
    expect(smtp.messages).to.deep.equal([])
  })

  it('ends when it is aborted, though the server says nothing', async () => {
    const giveUp = new AbortController()
    smtp.answer = (line) => {
      if (line === '') setImmediate(() => giveUp.abort())
      return ''
    }
    await refusal({}, rolloutEvent(), giveUp.signal)
    expect(smtp.messages).to.deep.equal([])
  })

  it('is tried again when no server listens', async () => {
    await smtp.stop()
    expect(await refusal()).to.deep.include({
      message: 'cannot be reached: nobody listens there',
      retry: true,
    })
    smtp = new FakeSmtp()
    await smtp.start()
  })
})
