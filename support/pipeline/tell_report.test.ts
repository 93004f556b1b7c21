import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import { FakeClock } from '../testing/fake_clock'
import { WebEndpoint } from '../testing/web_endpoint'
import { readReport, type CiReport } from './ci_report'
import { tellReport } from './tell_report'

const ID = '0123456789abcdef'.repeat(2)
const SECRET = 'a secret of the CI'
const report: CiReport = {
  id: '1',
  at: '2026-11-22T12:31:07.120Z',
  repository: 'website',
  commit: 'a'.repeat(40),
  build: '12',
  state: 'succeeded',
}

describe('the telling of a report', () => {
  let endpoint: WebEndpoint
  let clock: FakeClock
  beforeEach(async () => {
    endpoint = await WebEndpoint.start()
    clock = new FakeClock()
  })
  afterEach(() => endpoint.stop())

  const answer = (status: number, body: string, headers = {}) => {
    endpoint.answer = (response) => void response.writeHead(status, headers).end(body)
  }
  const tell = (to = endpoint.url('')) =>
    tellReport({ report, secret: SECRET, to, clock, fetch, signal: new AbortController().signal })
  /** Jumps over the pauses between tries. */
  const hurry = async <T>(told: Promise<T>): Promise<T> => {
    const over = new AbortController()
    const end = () => over.abort()
    void told.then(end, end)
    while (!over.signal.aborted) {
      if (clock.pending.length > 0) await clock.next()
      await new Promise(setImmediate)
    }
    return told
  }

  it('signs exactly the bytes that it sends', async () => {
    answer(202, `{"report":"${ID}","isNew":true}`)
    expect(await tell(`${endpoint.url('')}/`)).to.deep.equal({ isTaken: true, isNew: true })
    const [sent] = endpoint.received
    expect(sent?.path).to.equal('/ci/website')
    const digest = createHmac('sha256', SECRET).update(sent?.body ?? '')
    expect(sent?.headers['x-lockstep-signature']).to.equal(`sha256=${digest.digest('hex')}`)
    expect(readReport(JSON.parse(sent?.body ?? ''))).to.deep.equal({ report })
  })

  it('tries again where nothing is taken, and knows a report that was taken before its answer was lost', async () => {
    let times = 0
    endpoint.answer = (response) => {
      times += 1
      if (times === 1) response.destroy()
      else if (times < 4) response.writeHead(503).end('{"error":"nothing is taken"}')
      else response.writeHead(202).end(`{"report":"${ID}","isNew":false}`)
    }
    expect(await hurry(tell())).to.deep.equal({ isTaken: true, isNew: false })
    expect(new Set(endpoint.received.map(({ body }) => body)).size).to.equal(1)
  })

  it('gives up after a minute, and says why', async () => {
    answer(503, 'no JSON')
    expect(await hurry(tell())).to.deep.equal({
      isTaken: false,
      isFinal: false,
      why: 'it answered 503: no words of lockstep serve',
    })
    expect(endpoint.received).to.have.length(7)
    expect(clock.elapsed()).to.equal(60_000)
  })

  it('believes a refusal at once, and follows no redirect with what it has signed', async () => {
    answer(403, '{"error":"there is no such trigger"}')
    expect(await tell()).to.deep.equal({
      isTaken: false,
      isFinal: true,
      why: 'it answered 403: there is no such trigger',
    })
    answer(307, '', { location: endpoint.url('/elsewhere') })
    expect(await tell()).to.include({ isTaken: false, isFinal: true })
    expect(endpoint.received.map(({ path }) => path)).to.deep.equal(['/ci/website', '/ci/website'])
  })

  it('is not done by a 202 of another program', async () => {
    const answers = [
      '',
      'Accepted',
      '{}',
      '{"isNew":true}',
      '{"report":"x","isNew":true}',
      `{"report":"${ID}"}`,
    ]
    for (const body of [...answers, `[{"report":"${ID}","isNew":true}]`]) {
      answer(202, body)
      const told = await tell()
      expect(told, body).to.include({ isTaken: false, isFinal: true })
      expect(told.isTaken ? '' : told.why).to.match(/it answered 202, and not as lockstep serve does/)
    }
  })

  it('says 200 of another program is no taking', async () => {
    answer(200, '<html>welcome</html>')
    expect(await tell()).to.include({ isTaken: false, isFinal: true })
  })
})
