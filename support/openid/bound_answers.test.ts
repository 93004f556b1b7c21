import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { FakeClock } from '../testing/fake_clock'
import { OPENID } from '../testing/signing_provider'
import { isFault } from './login_fault'
import { OpenIdProvider } from './provider'

describe('an answer of an OpenID provider, over a real connection', () => {
  let server: http.Server
  let answer: (response: http.ServerResponse) => void
  beforeEach(async () => {
    server = http.createServer((_request, response) => answer(response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })

  const begin = async () => {
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const provider = new OpenIdProvider({ ...OPENID, issuer }, new FakeClock())
    const to = await provider.begin('https://deploy.example.org/login/openid/answer', 'a'.repeat(43))
    return isFault(to) ? `${to.status} ${to.detail}` : to.href
  }
  const TOO_LONG = '502 an answer of the provider is longer than 1048576 bytes'

  it('is read no further than to its bound, also where it never ends', async () => {
    let isLeft: Promise<unknown> = Promise.resolve()
    answer = (response) => {
      isLeft = once(response, 'close')
      response.writeHead(200, { 'content-type': 'application/json' })
      const piece = Buffer.alloc(64 * 1024, ' ')
      const write = () => {
        while (!response.destroyed) if (!response.write(piece)) return void response.once('drain', write)
      }
      write()
    }
    expect(await begin()).to.equal(TOO_LONG)
    await isLeft
  })

  it('counts as it is unpacked', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      response.end(gzipSync(Buffer.alloc(4 * 1024 * 1024, ' ')))
    }
    expect(await begin()).to.equal(TOO_LONG)
  })

  it('leads nowhere else: a redirect is no answer', async () => {
    const asked: string[] = []
    server.on('request', ({ url }) => asked.push(url ?? ''))
    answer = (response) => {
      response.writeHead(302, { location: '/elsewhere' })
      response.end()
    }
    expect(await begin()).to.match(/^502 OAUTH_RESPONSE_IS_NOT_CONFORM/)
    expect(asked).to.deep.equal(['/.well-known/openid-configuration'])
  })
})
