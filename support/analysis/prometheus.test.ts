import { expect } from 'chai'
import { ControlHostFault, type Metrics } from '../rollout/ports'
import { redactor } from '../system/redaction'
import { WebEndpoint } from '../testing/web_endpoint'
import { controlHost } from './control_host'
import { Prometheus } from './prometheus'

const SECRET = 'a-token-of-prometheus'
const WINDOW = { fromMs: 1_000_500, toMs: 1_002_500, stepMs: 1_000 }

describe('a Prometheus that answers oddly', () => {
  let endpoint: WebEndpoint
  beforeEach(async () => (endpoint = await WebEndpoint.start()))
  afterEach(() => endpoint.stop())

  const prometheus = (url = endpoint.url(''), ca?: string) =>
    new Prometheus(
      { url, ca, authorization: `Bearer ${SECRET}`, staleAfterMs: 1, secrets: [SECRET] },
      redactor([SECRET]),
    )
  const say = (status: number, body: unknown) => {
    endpoint.answer = (response) => {
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
    }
  }
  const faultOf = async (work: (metrics: Metrics) => Promise<unknown>, metrics = prometheus()) => {
    const error = await work(metrics).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).to.be.instanceOf(ControlHostFault)
    return (error as ControlHostFault).message
  }
  const values = (metrics: Metrics) => metrics.valuesOf('a', WINDOW)
  const matrix = (...points: unknown[]) => ({
    status: 'success',
    data: { resultType: 'matrix', result: [{ metric: { __name__: 'a', x: '1' }, values: points }] },
  })

  it('is asked for each moment, and a text that is no number is NaN', async () => {
    say(200, matrix([1_000.5, '1'], [1_001.5, '+Inf'], [1_002.5, '']))
    const [series] = await values(prometheus())
    expect(series?.labels).to.equal('a{x="1"}')
    expect([...(series?.values ?? [])]).to.deep.equal([
      [1_000_500, 1],
      [1_001_500, Infinity],
      [1_002_500, Number.NaN],
    ])
    const [asked] = endpoint.received
    expect(asked?.path).to.equal('/api/v1/query_range')
    expect(asked?.body).to.equal('query=a&start=1000.500&end=1002.500&step=1.000')
    expect(asked?.headers.authorization).to.equal(`Bearer ${SECRET}`)
  })

  for (const [what, status, body, says] of [
    [
      'with a warning',
      200,
      { ...matrix(), warnings: ['a store is away'] },
      'warns, and may have answered in part: a store is away',
    ],
    [
      'with a scalar',
      200,
      { status: 'success', data: { resultType: 'scalar', result: [1, '1'] } },
      'a value for each moment',
    ],
    [
      'with a string',
      200,
      { status: 'success', data: { resultType: 'string', result: [1, 'x'] } },
      'a value for each moment',
    ],
    [
      'with a page',
      200,
      '<html>welcome</html>',
      'does not answer as a Prometheus: it answered: <html>welcome</html>',
    ],
    ['with an error and 200', 200, { status: 'error', error: 'no' }, 'does not answer as a Prometheus'],
    ['with success and 500', 500, matrix(), 'answered 500'],
    ['while it starts', 503, 'Service Unavailable', 'answered 503: Service Unavailable'],
    [
      'that it took too long',
      503,
      { status: 'error', errorType: 'timeout', error: 'query timed out' },
      'cannot say: query timed out',
    ],
    [
      'that it cannot',
      422,
      { status: 'error', errorType: 'execution', error: `many-to-many ${SECRET}` },
      'cannot say: many-to-many ***',
    ],
    ['401', 401, 'Unauthorized', 'answered 401: it does not let in the user or token'],
    ['403', 403, SECRET, 'answered 403'],
    ['404', 404, '', 'look at the path of its url'],
    ['a redirect', 302, '', 'answered 302, and no redirect is followed'],
  ] as const)
    it(`has no values where it answers ${what}`, async () => {
      say(status, body)
      expect(await faultOf(values))
        .to.contain(says)
        .and.not.contain(SECRET)
    })

  it('has no values where it answers too much, or only the half', async () => {
    endpoint.answer = (response) => {
      response.writeHead(200)
      const piece = Buffer.alloc(1024 * 1024, ' ')
      const more = () => void response.write(piece, (error) => error ?? more())
      more()
    }
    expect(await faultOf(values)).to.contain('answered more than 32 MB')
    endpoint.answer = (response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"status":')
      setImmediate(() => response.destroy())
    }
    expect(await faultOf(values)).to.contain('closed the connection')
  })

  it('has no values where it is not there', async () => {
    const url = endpoint.url('')
    await endpoint.stop()
    expect(await faultOf(values, prometheus(url))).to.equal('cannot be reached: nobody listens there')
    endpoint = await WebEndpoint.start('https')
    expect(await faultOf(values)).to.contain('its certificate is signed by itself; name it with ca:')
  })
})

describe('the status of a url', () => {
  let endpoint: WebEndpoint
  beforeEach(async () => (endpoint = await WebEndpoint.start()))
  afterEach(() => endpoint.stop())
  const host = controlHost({ called: 'test', prometheus: undefined, redact: redactor([]) })
  const faultOf = (url: string, within = 10_000) =>
    host.statusOf(url, within).then(String, (error: Error) => error.message)

  it('is that of its own answer, with a body of any length', async () => {
    for (const status of [200, 204, 302, 404, 503]) {
      endpoint.answer = (response) => {
        response.writeHead(status, { location: '/elsewhere' })
        response.write('x')
      }
      if (status === 204) endpoint.answer = (response) => response.writeHead(204).end()
      expect(await host.statusOf(endpoint.url('/'), 10_000)).to.equal(status)
    }
    expect(endpoint.received.map(({ path }) => path)).to.deep.equal(Array(5).fill('/'))
  })

  it('is none where there is no answer, in words that say why', async () => {
    endpoint.answer = () => {}
    expect(await faultOf(endpoint.url('/'), 50)).to.equal('did not answer within 50 ms')
    endpoint.answer = (response) => response.destroy()
    expect(await faultOf(endpoint.url('/'))).to.equal('closed the connection')
    expect(await faultOf('http://no-such-host.invalid/')).to.match(
      /^cannot be reached: (there is no such host|its name could)/,
    )
    const url = endpoint.url('/')
    await endpoint.stop()
    expect(await faultOf(url)).to.equal('cannot be reached: nobody listens there')
    endpoint = await WebEndpoint.start('https')
    expect(await faultOf(endpoint.url('/'))).to.contain('name it in NODE_EXTRA_CA_CERTS')
  })
})
