import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { redactor } from '../../system/redaction'
import { TEST_CERTIFICATE, TEST_KEY } from '../../testing/test_certificate'
import { IcingaApi } from './icinga_api'
import { MonitoringFault } from './target'

const PASSWORD = 'a-password-of-icinga'
const { signal } = new AbortController()

describe('The API of Icinga', () => {
  let server: Server
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  let asked: number
  beforeEach(async () => {
    asked = 0
    server = createServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }, (request, response) => {
      asked += 1
      answer(request, response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const api = (ca: string | undefined = TEST_CERTIFICATE) => {
    const { port } = server.address() as AddressInfo
    const access = { url: `https://127.0.0.1:${port}`, user: 'lockstep', password: PASSWORD, ca }
    return new IcingaApi(access, redactor([PASSWORD]))
  }
  const say = (status: number, body: unknown) => {
    answer = (_request, response) => {
      response.writeHead(status)
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    }
  }
  const change = (one = api()) => one.change('PUT', 'objects/hosts/web1', {}, signal)
  const faultOf = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).to.be.instanceOf(MonitoringFault)
    return (error as MonitoringFault).message
  }

  for (const [what, status, body, why] of [
    ['a 200 with an error inside', 200, { results: [{ code: 500, errors: ['no template'] }] }, 'no template'],
    [
      'a 200 of which one half failed',
      200,
      { results: [{ code: 200 }, { code: 503, status: 'later' }] },
      'later',
    ],
    ['a 200 that names no object', 200, { results: [] }, 'it answered 200, and names no object'],
    ['a 200 that says nothing of the object', 200, { results: [{ status: 'ok' }] }, 'ok'],
    [
      'a 500 with results that are well',
      500,
      { results: [{ code: 200 }] },
      'it answered 500, and names no object',
    ],
    ['a 503 of a proxy', 503, '<html>busy</html>', '<html>busy</html>'],
  ] as const)
    it(`takes ${what} for no change`, async () => {
      say(status, body)
      expect(await change()).to.equal(why)
    })

  it('takes what is no answer of its API for a fault', async () => {
    for (const body of ['', '<html>login</html>', '{}', '[]', 'null', '{"results":{}}']) {
      say(200, body)
      expect(await faultOf(change())).to.match(/^Icinga: it answered 200 with what is no answer of its API/)
    }
  })

  it('follows no redirect', async () => {
    answer = (_request, response) => {
      response.writeHead(302, { location: '/v1/elsewhere' })
      response.end()
    }
    expect(await faultOf(change())).to.match(/answered 302/)
    expect(asked).to.equal(1)
  })

  it('takes an answer that is cut off for a fault', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"results":[{"code":200}]}', () => response.destroy())
    }
    expect(await faultOf(change())).to.match(/closed the connection/)
  })

  it('repeats no password, however an answer tells it', async () => {
    answer = ({ headers }, response) => {
      response.writeHead(500)
      response.end(`you sent ${headers.authorization ?? ''}, which is ${PASSWORD}`)
    }
    const told = (await change()) ?? ''
    expect(told).to.match(/^you sent Basic /)
    expect(told).not.to.include(PASSWORD)
    expect(told).not.to.include(Buffer.from(`lockstep:${PASSWORD}`).toString('base64').slice(14, 30))
    say(500, { results: [{ code: 500, status: `wrong: ${PASSWORD}` }] })
    expect(await change()).not.to.include(PASSWORD)
    // A text that is cut in the middle of the password has a part of it that nothing would find.
    say(500, { results: [{ code: 500, status: `${'.'.repeat(188)}${PASSWORD}` }] })
    expect(await change()).not.to.include(PASSWORD.slice(0, 5))
  })

  it('sends nothing where the certificate is not to be trusted', async () => {
    say(200, { results: [{ code: 200 }] })
    const stranger = new IcingaApi(
      {
        url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
        user: 'lockstep',
        password: PASSWORD,
        ca: undefined,
      },
      redactor([PASSWORD]),
    )
    expect(await faultOf(change(stranger))).to.match(/its certificate/)
    expect(asked).to.equal(0)
  })

  it('says that a user is not known, and ends when it is told to', async () => {
    say(401, { error: 401, status: 'Unauthorized' })
    expect(await faultOf(change())).to.match(/does not know the user or the password/)
    const end = new AbortController()
    answer = () => end.abort(new Error('ended'))
    const error = await api()
      .query('hosts', [], end.signal)
      .catch((thrown: unknown) => thrown)
    expect((error as Error).message).to.equal('ended')
  })
})
