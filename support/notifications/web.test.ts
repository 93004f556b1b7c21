import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import { redactNothing, redactorOfOthers } from '../system/redaction'
import { piecesOf } from '../testing/pieces'
import { rolloutEvent } from '../testing/rollout_event'
import { TEST_CERTIFICATE } from '../testing/test_certificate'
import { WebEndpoint } from '../testing/web_endpoint'
import { DeliveryError, type Channel } from './channel'
import { EVENTS, keyOf } from './event'
import { slack } from './slack'
import { webhook } from './webhook'

const event = rolloutEvent()
const message = { key: keyOf(event), event }

describe('a notification over the web', () => {
  let endpoint: WebEndpoint
  beforeEach(async () => (endpoint = await WebEndpoint.start()))
  afterEach(() => endpoint.stop())

  const hook = (more: Partial<Parameters<typeof webhook>[0]> = {}, redact = redactNothing) =>
    webhook({ kind: 'webhook', url: endpoint.url('/hook/t0ken'), on: EVENTS, secrets: [], ...more }, redact)
  const deliver = (channel: Channel, signal = new AbortController().signal) =>
    channel.deliver(message, signal)
  const refusal = async (channel: Channel, signal?: AbortSignal): Promise<DeliveryError> => {
    try {
      await deliver(channel, signal)
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
      expect(error.message).not.to.contain('t0ken')
      return error
    }
    throw new Error('it was taken')
  }
  const answering = (status: number, headers: Record<string, string> = {}, body = '') => {
    endpoint.answer = (response) => void response.writeHead(status, headers).end(body)
  }

  it('is the whole event as JSON, with a key by which receivers recognise a repeat', async () => {
    await deliver(hook())
    const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = endpoint.received
    expect(path).to.equal('/hook/t0ken')
    expect(headers).to.include({
      'idempotency-key': '20261120-224926-f1b1/failed/1',
      'content-type': 'application/json; charset=utf-8',
    })
    expect(headers).not.to.have.any.keys('authorization', 'x-lockstep-signature')
    expect(JSON.parse(body)).to.deep.include({
      event: 'failed',
      environment: 'production',
      failed: { count: 2, names: ['web3', 'web9'] },
      counts: event.counts,
    })
  })

  it('proves where it came from', async () => {
    await deliver(hook({ bearer: 'let-me-in', hmac: 'k3y', template: '{"content": "<summary> ü"}' }))
    const [{ headers, body } = { headers: {}, body: '' }] = endpoint.received
    expect(JSON.parse(body)).to.have.all.keys('content')
    expect(headers).to.include({
      authorization: 'Bearer let-me-in',
      'x-lockstep-signature': `sha256=${createHmac('sha256', 'k3y').update(body).digest('hex')}`,
    })
  })

  it('has the form that Slack takes, and mentions no person there', async () => {
    const card = slack(
      { kind: 'slack', url: endpoint.url('/services/t0ken'), on: EVENTS, secrets: [] },
      redactNothing,
    )
    const called = rolloutEvent({ environment: '<!channel> & co', tickets: ['<@U1>'], release: 'r7' })
    await card.deliver({ key: 'k', event: called }, new AbortController().signal)
    const { text, blocks } = JSON.parse(endpoint.received[0]?.body ?? '') as {
      text: string
      blocks: unknown[]
    }
    expect(text).to.match(/^\[&lt;!channel&gt; &amp; co\] rolling\.feature: the rollout stops/)
    expect(blocks[0]).to.deep.equal({ type: 'section', text: { type: 'mrkdwn', text } })
    expect(JSON.stringify(blocks[1])).to.contain('release r7 · &lt;@U1&gt;')
  })

  it('is no longer than Slack takes', async () => {
    const card = slack({ kind: 'slack', url: endpoint.url('/'), on: EVENTS, secrets: [] }, redactNothing)
    await card.deliver(
      { key: 'k', event: rolloutEvent({ feature: '&'.repeat(9_000) }) },
      new AbortController().signal,
    )
    const { text } = JSON.parse(endpoint.received[0]?.body ?? '') as { text: string }
    expect(text.length).to.be.within(2_900, 3_000)
    expect(text).to.match(/&amp;…$/)
  })

  for (const [status, retry] of [
    [400, false],
    [404, false],
    [410, false],
    [429, true],
    [500, true],
    [503, true],
  ] as const) {
    it(`that is answered ${status} is ${retry ? '' : 'not '}tried again`, async () => {
      answering(status, {}, 'no_service\n<html>')
      expect(await refusal(hook())).to.deep.include({
        retry,
        retryAfter: undefined,
        message: `answered ${status}: no_service <html>`,
      })
    })
  }

  it('hides a secret in the sentence about its refusal, wherever it is cut', async () => {
    const secret = 'correct-horse-battery-staple'
    for (let before = 90; before <= 125; before += 1) {
      answering(400, {}, `${'.'.repeat(before)}${secret}`)
      const { message: said } = await refusal(hook({}, redactorOfOthers([secret])))
      expect(piecesOf(secret, said)).to.deep.equal([])
    }
    answering(400, {}, `${' '.repeat(1_014)}${secret}`)
    expect((await refusal(hook({}, redactorOfOthers([secret])))).message).to.equal('answered 400: ***')
  })

  it('reads how long it has to wait', async () => {
    answering(429, { 'retry-after': '7' })
    expect((await refusal(hook())).retryAfter).to.equal(7_000)
    answering(429, { 'retry-after': '99999999' })
    expect((await refusal(hook())).retryAfter).to.equal(99_999_999_000)
    answering(503, { 'retry-after': 'Wed, 21 Oct 2099 07:28:00 GMT' })
    expect((await refusal(hook())).retryAfter).to.equal(undefined)
  })

  it('follows no redirect, and says so', async () => {
    answering(307, { location: '/elsewhere' })
    const { message: said, retry } = await refusal(hook({ bearer: 'let-me-in' }))
    expect(said).to.equal('answered 307, and no redirect is followed; configure where it leads')
    expect(retry).to.equal(false)
    expect(endpoint.received).to.have.length(1)
  })

  it('does not read an answer that never ends', async () => {
    let sent = 0
    const flood = (status: number) => {
      endpoint.answer = (response) => {
        response.writeHead(status)
        const more = () => {
          while (sent < 10_000_000 && response.write(Buffer.alloc(65_536, 'x'))) sent += 65_536
        }
        response.on('drain', more)
        more()
      }
    }
    flood(200)
    await deliver(hook())
    flood(500)
    expect((await refusal(hook())).message).to.have.length(134)
    expect(sent).to.be.below(10_000_000)
  })

  it('ends when it is aborted', async () => {
    const giveUp = new AbortController()
    endpoint.answer = () => giveUp.abort()
    await refusal(hook(), giveUp.signal)
    expect(endpoint.received).to.have.length(1)
  })

  it('is tried again when the connection is closed, or no server listens', async () => {
    endpoint.answer = (response) => void response.destroy()
    expect(await refusal(hook())).to.deep.include({ message: 'closed the connection', retry: true })
    const gone = hook()
    await endpoint.stop()
    expect(await refusal(gone)).to.deep.include({
      message: 'cannot be reached: nobody listens there',
      retry: true,
    })
    endpoint = await WebEndpoint.start()
  })

  it('ends when the server changes the protocol', async function () {
    this.timeout(300_000)
    endpoint.answer = ({ socket }) =>
      void socket?.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n')
    expect(await refusal(hook())).to.deep.include({ message: 'closed the connection', retry: true })
  })

  it('names only the host of where it goes', () => {
    expect(hook().name).to.equal(`webhook 127.0.0.1:${endpoint.port}`)
    const url = 'https://hooks.slack.com/services/T0/B0/s3cret'
    expect(slack({ kind: 'slack', url, on: EVENTS, secrets: [] }, redactNothing).name).to.equal(
      'slack hooks.slack.com',
    )
  })

  describe('with TLS', () => {
    beforeEach(async () => {
      await endpoint.stop()
      endpoint = await WebEndpoint.start('https')
    })

    it('goes to a server that its authority vouches for', async () => {
      await deliver(hook({ ca: TEST_CERTIFICATE }))
      expect(endpoint.received).to.have.length(1)
    })

    it('goes to no other server, for any environment variables', async () => {
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
      try {
        expect(await refusal(hook())).to.deep.include({
          message: 'its certificate is signed by itself; name it with ca:',
          retry: false,
        })
      } finally {
        delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      }
      const elsewhere = hook({ ca: TEST_CERTIFICATE, url: endpoint.url('/', 'localhost') })
      expect((await refusal(elsewhere)).message).to.equal(
        'its certificate is for another name than was asked for',
      )
      expect(endpoint.received).to.deep.equal([])
    })

    it('says that a server speaks no TLS', async () => {
      const plain = await WebEndpoint.start()
      const { message: said, retry } = await refusal(hook({ url: `https://127.0.0.1:${plain.port}/` }))
      expect(said).to.match(/^does not speak as it should/)
      expect(retry).to.equal(false)
      await plain.stop()
    })
  })
})
