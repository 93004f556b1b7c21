import { expect } from 'chai'
import type { Hono } from 'hono'
import { newToken } from '../../people/tokens_file'
import { ApiStand, askApi } from '../../testing/api_stand'
import { MAX_FORM_BYTES } from '../guard'

const RING = '/api/v1/bells/test/ring'
const ONCE = '{"times":"1"}'

describe('the API', () => {
  let stand: ApiStand
  let app: Hono
  let token: string
  beforeEach(() => {
    stand = new ApiStand()
    app = stand.open()
    token = stand.add()
  })
  afterEach(() => stand.close())

  const get = (path: string, more: Parameters<typeof askApi>[2] = {}) => askApi(app, path, { token, ...more })
  const ring = (body: string | Buffer = ONCE, more: Parameters<typeof askApi>[2] = {}) =>
    askApi(app, RING, { token, method: 'POST', body, ...more })
  const codeOf = async (answer: Response) =>
    ((await answer.json()) as { error?: { code: string } }).error?.code ?? 'none'
  const refusalOf = async (answer: Response) => [answer.status, await codeOf(answer)]

  it('answers a token with a document, and says where the next page is', async () => {
    const answer = await get('/api/v1/bells/test')
    expect(answer.status).to.equal(200)
    expect(await answer.json()).to.deep.equal({ bell: 'test' })
    expect(answer.headers.get('link')).to.equal('</api/v1/bells/test?from=1+%26%3C>; rel="next"')
    expect((await get('/api/v1/bells/test?from=1')).headers.get('link')).to.equal(null)
    expect(answer.headers.get('cache-control')).to.equal('no-store')
    expect(answer.headers.get('access-control-allow-origin')).to.equal(null)
  })

  it('answers HEAD without a body', async () => {
    const answer = await get('/api/v1/bells/test', { method: 'HEAD' })
    expect([answer.status, await answer.text()]).to.deep.equal([200, ''])
  })

  it('performs an act, and writes down through which token', async () => {
    const answer = await ring('{"times":"3","why":"\\u00e9"}')
    expect(await answer.json()).to.deep.equal({
      schema: 'lockstep/act/1',
      says: 'the bell rings',
      at: '/bells/1',
    })
    expect(stand.rung).to.deep.equal(['anna: 3'])
    expect(stand.audited).to.deep.equal([
      {
        type: 'acted',
        person: 'anna',
        address: '127.0.0.1',
        act: 'ring the bell',
        what: '3 times',
        through: 'token ci',
      },
    ])
  })

  it('gives numbers of the environments that the token may look at', async () => {
    expect(await (await get('/metrics')).text()).to.equal('test false\n')
    const whole = stand.add({ name: 'whole', environments: null })
    expect(await (await get('/metrics', { token: whole })).text()).to.equal('test,production true\n')
    expect((await get('/metrics', { token: undefined })).status).to.equal(401)
  })

  describe('refuses', () => {
    /** Each with the same answer, whatever is there. */
    const strangers: Readonly<Record<string, () => Promise<Response>>> = {
      'a request without a token': () => get('/api/v1/bells/test', { token: undefined }),
      'a path that is not there, to a stranger': () => get('/api/v1/nothing', { token: undefined }),
      'another method, to a stranger': () =>
        get('/api/v1/bells/test', { token: undefined, method: 'DELETE' }),
      'a token that no one made': () => get('/api/v1/bells/test', { token: newToken().token }),
      'the hash of a token': () => get('/api/v1/bells/test', { token: stand.tokens.content?.[0]?.hash }),
      'a token in the query': () => get(`/api/v1/bells/test?access_token=${token}`, { token: undefined }),
      'a token as Basic': () =>
        get('/api/v1/bells/test', {
          token: undefined,
          headers: { authorization: `Basic ${Buffer.from(`anna:${token}`).toString('base64')}` },
        }),
      'a token in a cookie': () =>
        get('/api/v1/bells/test', { token: undefined, headers: { cookie: `__Host-session=${token}` } }),
      'a token in another header': () =>
        get('/api/v1/bells/test', { token: undefined, headers: { 'x-api-key': token } }),
      'two tokens in a header': () => get('/api/v1/bells/test', { token: `${token}, Bearer ${token}` }),
      'a token that is over': async () => {
        stand.clock.after(1_000_000, () => {})
        await stand.clock.next()
        return get('/api/v1/bells/test')
      },
      'a token that was removed': () => {
        stand.tokens.content = []
        return get('/api/v1/bells/test')
      },
      'a token whose person has gone': () => {
        stand.people.content = new Map()
        return get('/api/v1/bells/test')
      },
      'a token whose person has another password': () => {
        stand.people.content = new Map([['anna', { name: 'anna', groups: ['web'], password: 'new' }]])
        return get('/api/v1/bells/test')
      },
      'each token while the file of tokens is not right': () => {
        stand.tokens.content = undefined
        return get('/api/v1/bells/test')
      },
      'each token while the file of people is not right': () => {
        stand.people.content = undefined
        return get('/api/v1/bells/test')
      },
    }
    for (const [what, ask] of Object.entries(strangers))
      it(`${what}, as it refuses every stranger`, async () => {
        const answer = await ask()
        expect(answer.status).to.equal(401)
        expect(answer.headers.get('www-authenticate')).to.equal('Bearer')
        expect(await answer.text()).to.equal(await (await get('/api/v1/', { token: undefined })).text())
        expect(JSON.stringify([stand.audited, stand.refused])).not.to.contain(token)
      })

    const requests: Readonly<Record<string, readonly [() => Promise<Response>, number, string]>> = {
      'another environment than that of the token': [() => get('/api/v1/bells/production'), 404, 'not-there'],
      'an environment that is not there, in the same way': [
        () => get('/api/v1/bells/none'),
        404,
        'not-there',
      ],
      'an act that the token is not for': [
        () => ring(ONCE, { token: stand.add({ name: 'reader', acts: ['look'] }) }),
        403,
        'not-allowed',
      ],
      'an act in another environment': [
        () => askApi(app, '/api/v1/bells/production/ring', { token, method: 'POST', body: ONCE }),
        403,
        'not-allowed',
      ],
      'each act while the policy is not right': [
        () => {
          stand.policy.content = undefined
          return ring()
        },
        503,
        'not-ready',
      ],
      'another host, such as one whose name leads here': [
        () => get('/api/v1/bells/test', { headers: { host: 'evil.example' } }),
        421,
        'other-host',
      ],
      'another host in the first line': [
        () => get('https://evil.example/api/v1/bells/test'),
        421,
        'other-host',
      ],
      'an address that is too long': [
        () => get(`/api/v1/bells/${'x'.repeat(3_000)}`),
        414,
        'address-too-long',
      ],
      'OPTIONS, so that no page elsewhere may ask': [
        () => get('/api/v1/bells/test', { method: 'OPTIONS', headers: { origin: 'https://evil.example' } }),
        405,
        'other-method',
      ],
      'a POST to what only reads': [
        () => askApi(app, '/api/v1/bells/test', { token, method: 'POST', body: ONCE }),
        405,
        'other-method',
      ],
      'a method that a header names': [
        () => get(RING, { headers: { 'x-http-method-override': 'POST' } }),
        405,
        'other-method',
      ],
      'a query that it does not know': [() => get('/api/v1/bells/test?form=1'), 422, 'not-right'],
      'a query with a name twice': [() => get('/api/v1/bells/test?from=1&from=2'), 422, 'not-right'],
      'a query of an act': [
        () => askApi(app, `${RING}?times=1`, { token, method: 'POST', body: ONCE }),
        422,
        'not-right',
      ],
      'a path with two slashes': [() => get('/api/v1//bells/test'), 404, 'not-there'],
      'a path that goes up': [() => get('/api/v1/bells/%2e%2e%2ftest'), 404, 'not-there'],
      'a form': [
        () => ring('times=1', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
        415,
        'other-type',
      ],
      'JSON as text': [() => ring(ONCE, { headers: { 'content-type': 'text/plain' } }), 415, 'other-type'],
      'no body': [() => ring(''), 400, 'not-whole'],
      'a list': [() => ring('[]'), 400, 'not-whole'],
      'deep JSON': [() => ring(`{"times":${'['.repeat(8_000)}${']'.repeat(8_000)}}`), 400, 'not-whole'],
      'a number': [() => ring('{"times":1}'), 400, 'not-whole'],
      'a field twice': [() => ring('{"times":"1","times":"2"}'), 400, 'not-whole'],
      'a field twice, once escaped': [() => ring('{"times":"1","\\u0074imes":"2"}'), 400, 'not-whole'],
      'the prototype': [() => ring('{"times":"1","__proto__":"x"}'), 400, 'not-whole'],
      'a constructor': [() => ring('{"times":"1","constructor":"x"}'), 422, 'not-right'],
      'a field that is misspelt': [() => ring('{"times":"1","wy":"x"}'), 422, 'not-right'],
      'a field that is not right': [() => ring('{"times":"<b>"}'), 422, 'not-right'],
      'a body that is too long': [() => ring(`{"times":"${'1'.repeat(MAX_FORM_BYTES)}"}`), 413, 'too-long'],
      'what is no UTF-8': [() => ring(Buffer.from([0x7b, 0xff, 0x7d])), 400, 'not-whole'],
      'an act without a key': [() => ring(ONCE, { headers: { 'idempotency-key': '' } }), 422, 'not-right'],
      'a key with a path': [
        () => ring(ONCE, { headers: { 'idempotency-key': '../../../x' } }),
        422,
        'not-right',
      ],
      'what fails, without a word of why': [() => get('/api/v1/bells/broken'), 500, 'failed'],
    }
    for (const [what, [ask, status, code]] of Object.entries(requests))
      it(what, async () => {
        const answer = await ask()
        expect(await refusalOf(answer.clone())).to.deep.equal([status, code])
        expect(await answer.text()).not.to.match(/secret|<b>|evil/)
        expect(stand.rung).to.deep.equal([])
        expect(JSON.stringify([stand.audited, stand.refused])).not.to.contain(token)
      })

    it('what comes past the proxy, and takes no person from its headers', async () => {
      const proxy = { from: ['10.0.0.1'], user: 'x-remote-user', groups: undefined }
      app = stand.open({ proxy })
      expect((await get('/api/v1/bells/test')).status).to.equal(403)
      const own = stand.add({ name: 'proxied', stamp: null, groups: [] })
      const through = { peer: '10.0.0.1', headers: { 'x-remote-user': 'anna' } }
      expect((await get('/api/v1/bells/test', { ...through, token: undefined })).status).to.equal(401)
      expect((await get('/api/v1/bells/test', { ...through, token: own })).status).to.equal(200)
    })
  })

  it('writes few of two thousand wrong tokens down, and still knows the right one', async () => {
    for (let n = 0; n < 2_000; n += 1) {
      const { status } = await get('/api/v1/bells/test', { token: `lockstep_${String(n).padStart(43, '0')}` })
      if (status !== 401) expect(status).to.equal(401)
    }
    expect(stand.audited.filter(({ type }) => type === 'token refused')).to.have.length(10)
    expect((await get('/api/v1/bells/test')).status).to.equal(200)
  }).timeout(60_000)

  describe('refuses an act whose token is over before its body has come', () => {
    const ends: Readonly<Record<string, () => void>> = {
      'because it was removed': () => (stand.tokens.content = []),
      'because its person has gone': () => (stand.people.content = new Map()),
      'because the file of tokens is not right any more': () => (stand.tokens.content = undefined),
    }
    for (const [why, end] of Object.entries(ends))
      it(why, async () => {
        let finish = () => {}
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(Buffer.from(ONCE.slice(0, 4)))
            finish = () => {
              controller.enqueue(Buffer.from(ONCE.slice(4)))
              controller.close()
            }
          },
        })
        const answer = ring(ONCE, { stream: body })
        await new Promise(setImmediate)
        end()
        finish()
        expect(await refusalOf(await answer)).to.deep.equal([403, 'not-allowed'])
        expect(stand.rung).to.deep.equal([])
      })
  })

  describe('acts once for each key', () => {
    const withKey = (key: string, body = ONCE, from = app) =>
      askApi(from, RING, { token, method: 'POST', body, headers: { 'idempotency-key': key } })

    it('also after a restart', async () => {
      await withKey('first-key')
      const again = await withKey('first-key', '{ "times" : "1" }', stand.open())
      expect(again.headers.get('idempotency-replayed')).to.equal('true')
      expect(await again.json()).to.include({ says: 'the bell rings' })
      await withKey('other-key')
      expect(stand.rung).to.have.length(2)
    })

    it('and refuses the key with another body', async () => {
      await withKey('first-key')
      expect(await refusalOf(await withKey('first-key', '{"times":"2"}'))).to.deep.equal([422, 'not-right'])
      expect(stand.rung).to.have.length(1)
    })

    it('and refuses it while the first request is under way', async () => {
      let go = () => {}
      stand.hold = () => new Promise((resolve) => (go = resolve))
      const first = withKey('first-key')
      while (stand.audited.length === 0) await new Promise(setImmediate)
      expect(await refusalOf(await withKey('first-key'))).to.deep.equal([409, 'not-now'])
      go()
      expect((await first).status).to.equal(200)
      expect(stand.rung).to.have.length(1)
    })

    it('and says that it does not know what a request came to that was cut off', async () => {
      stand.hold = () => Promise.reject(new Error('the process is killed'))
      expect((await withKey('first-key')).status).to.equal(500)
      stand.hold = () => Promise.resolve()
      expect(await refusalOf(await withKey('first-key', ONCE, stand.open()))).to.deep.equal([409, 'not-now'])
      expect(stand.rung).to.deep.equal([])
    })

    it('but lets a refused one be sent again', async () => {
      stand.outcome = { result: 'refused', why: 'the bell is away', status: 409 }
      expect((await withKey('first-key')).status).to.equal(409)
      stand.outcome = { result: 'done', says: 'the bell rings', at: '/' }
      expect((await withKey('first-key')).status).to.equal(200)
    })

    it('of each token by itself', async () => {
      await withKey('first-key')
      token = stand.add({ name: 'other' })
      await withKey('first-key')
      expect(stand.rung).to.have.length(2)
    })
  })
})
