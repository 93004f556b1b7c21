import { chmodSync } from 'node:fs'
import { expect } from 'chai'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { TEST_CERTIFICATE, TEST_KEY } from '../testing/test_certificate'
import { readConsoleFiles, readConsoleSetting } from './console_setting'
import { readPipelineSetting } from './pipeline_setting'

const LOOPBACK = { host: '127.0.0.1', port: 8090 }
const ENV = { OPENID_SECRET: 'the secret of a client' }
const FILES = 'people: people.yaml, policy: policy.txt'

describe('the console of lockstep.yaml', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const write = (written: string) =>
    scratch.write('lockstep.yaml', `environments:\n  test: { client_config: x }\nconsole: { ${written} }\n`)
  const read = (written: string, listen = LOOPBACK) =>
    readConsoleSetting(write(written), listen, { env: ENV })
  const reasonFor = async (written: string, listen = LOOPBACK) =>
    (await failure(Promise.resolve().then(() => read(written, listen)))).message

  it('is known by the names of this machine unless it has an address', () => {
    const settings = read(FILES)
    expect(settings?.origins).to.deep.equal([
      'http://127.0.0.1:8090',
      'http://localhost:8090',
      'http://[::1]:8090',
    ])
    expect([settings?.sessionMs, settings?.idleMs]).to.deep.equal([12 * 3_600_000, 3_600_000])
    expect(settings?.people).to.equal(`${scratch.path}/people.yaml`)
    expect(settings?.environments).to.deep.equal(['test'])
    expect(read(`${FILES}, address: "http://localhost:9000/"`)?.origins).to.deep.equal([
      'http://localhost:9000',
    ])
  })

  it('is not there where it is not written', () => {
    const path = scratch.write('lockstep.yaml', 'environments: {}\n')
    expect(readConsoleSetting(path, LOOPBACK, { env: ENV })).to.equal(undefined)
    expect(() => readConsoleFiles(path, '/')).to.throw(/has no console; expected console: { people/)
  })

  it('may be reached from elsewhere through TLS, or a proxy', () => {
    scratch.write('c.pem', TEST_CERTIFICATE)
    scratch.write('k.pem', TEST_KEY)
    const everywhere = { host: '0.0.0.0', port: 443 }
    const address = 'address: "https://deploy.example.org"'
    expect(
      read(`${FILES}, ${address}, tls: { certificate: c.pem, key: k.pem }`, everywhere)?.tls?.key,
    ).to.equal(TEST_KEY)
    expect(
      read(`policy: p, ${address}, proxy: { from: [10.0.0.1], user: X-Remote-User }`, everywhere)?.proxy,
    ).to.deep.equal({
      from: ['10.0.0.1'],
      user: 'x-remote-user',
      groups: undefined,
    })
  })

  it('lets the pipeline listen elsewhere with TLS, and follow nothing', () => {
    const text = (pages: string) =>
      scratch.write('lockstep.yaml', `environments: {}\npipeline: { listen: { host: 0.0.0.0 } }\n${pages}`)
    const pages = 'console: { people: p, policy: p, tls: { certificate: c, key: k } }\n'
    expect(readPipelineSetting(text(pages), { env: {} })?.listen.host).to.equal('0.0.0.0')
    expect(() => readPipelineSetting(text(''), { env: {} })).to.throw(
      /0\.0\.0\.0 can be reached from elsewhere/,
    )
    expect(() => readPipelineSetting(text('console: { people: p, policy: p }\n'), { env: {} })).to.throw(
      /can be reached from elsewhere/,
    )
  })

  const openid = (more: string) =>
    `policy: p, openid: { issuer: "https://login.example.org", client: lockstep, ${more} }`

  it('may leave the login to an OpenID provider', () => {
    const settings = read(openid('secret: { env: OPENID_SECRET }'))
    expect(settings?.people).to.equal(undefined)
    expect(settings?.openid).to.deep.equal({
      issuer: 'https://login.example.org',
      client: 'lockstep',
      secret: 'the secret of a client',
      name: 'sub',
      groups: undefined,
      scopes: ['openid'],
    })
    const more = 'name: email, groups: groups, scopes: [groups]'
    expect(read(openid(`secret: { env: OPENID_SECRET }, ${more}`))?.openid?.scopes).to.deep.equal([
      'openid',
      'email',
      'groups',
    ])
    expect(readConsoleFiles(`${scratch.path}/lockstep.yaml`, '/')).to.include({
      people: undefined,
      namedBy: 'the OpenID provider',
    })
    const local = 'issuer: "http://127.0.0.1:5556/dex", client: x, secret: { env: OPENID_SECRET }'
    expect(read(`policy: p, openid: { ${local} }`)?.openid?.issuer).to.equal('http://127.0.0.1:5556/dex')
  })

  it('reads the secret of the client from a file that its owner alone may read', async () => {
    const file = scratch.write('secret', 'from a file\n')
    for (const mode of [0o644, 0o640, 0o602]) {
      chmodSync(file, mode)
      expect(await reasonFor(openid('secret: { file: secret }'))).to.match(
        /lockstep\.yaml:3: others than its owner may read or write .*secret, .* say: chmod 600/,
      )
    }
    chmodSync(file, 0o600)
    const settings = read(openid('secret: { file: secret }'))
    expect(settings?.openid?.secret).to.equal('from a file')
    expect(settings?.secretFiles, 'no build may read it').to.deep.equal([file])
  })

  it('takes no secret that is blank, or that has more around it than was copied', async () => {
    const file = scratch.write('secret', '')
    chmodSync(file, 0o600)
    for (const written of [' ', 'a secret ', ' a secret', 'one\ntwo', 'sécret']) {
      scratch.write('secret', written)
      expect(await reasonFor(openid('secret: { file: secret }'))).to.match(
        /:3: .*characters that no secret has/,
      )
    }
  })

  const elsewhere = { host: '0.0.0.0', port: 8090 }
  const faults: [string, RegExp, typeof LOOPBACK?][] = [
    [
      FILES,
      /:3: 0\.0\.0\.0 can be reached from elsewhere, and nothing encrypts passwords; expected tls, proxy/,
      elsewhere,
    ],
    ['policy: p', /no one could log in; expected people/],
    ['people: p', /console\.policy is missing/],
    [openid('secret: { env: NOT_SET }'), /is to come from NOT_SET, which is not set/],
    [openid('secret: { file: nowhere }'), /secret of the OpenID client .*nowhere cannot be read/],
    [openid('secret: "written out"'), /where the secret is: {env: NAME}/],
    [openid('name: sub'), /console\.openid\.secret is missing/],
    [openid('secret: { env: OPENID_SECRET }, name: iss'), /the name of a claim/],
    [openid('secret: { env: OPENID_SECRET }, name: a b'), /the name of a claim/],
    [openid('secret: { env: OPENID_SECRET }, scopes: groups'), /a list: each the name of a scope/],
    [openid('secret: { env: OPENID_SECRET }, claim: sub'), /no setting console\.openid\.claim/],
    [
      `people: p, ${openid('secret: { env: OPENID_SECRET }')}`,
      /one name could be two people; expected one of people, openid, and user of proxy/,
    ],
    [
      `${openid('secret: { env: OPENID_SECRET }')}, address: "https://x", proxy: { from: [127.0.0.1], user: X }`,
      /expected one of people, openid, and user of proxy/,
    ],
    ...['http://login.example.org', 'http://127.0.0.1.evil.example'].map((issuer): [string, RegExp] => [
      `policy: p, openid: { issuer: "${issuer}", client: x, secret: { env: OPENID_SECRET } }`,
      /would go unencrypted; expected https/,
    ]),
    ...[
      'login.example.org',
      'ftp://login.example.org',
      'https://anna:pw@login.example.org',
      'https://login.example.org/?realm=x',
      'https://login.example.org/#x',
      'https://login.example.org/.well-known/openid-configuration',
    ].map((issuer): [string, RegExp] => [
      `policy: p, openid: { issuer: "${issuer}", client: x, secret: { env: OPENID_SECRET } }`,
      /the address of the provider, such as/,
    ]),
    [
      `${FILES}, proxy: { from: [127.0.0.1], user: X-User }`,
      /expected people, or user of proxy, and not both/,
    ],
    ['policy: p, proxy: { from: [127.0.0.1], groups: X-Groups }', /no one could log in/],
    [`${FILES}, proxy: { from: [127.0.0.1], groups: X-Groups }`, /groups has no user beside it/],
    [`${FILES}, proxy: { from: [] }`, /at least one an address such as 127\.0\.0\.1/],
    [`${FILES}, proxy: { from: [everywhere] }`, /an address such as 127\.0\.0\.1/],
    [`${FILES}, proxy: { from: [127.0.0.1] }`, /address is missing/],
    [`${FILES}, address: "https://deploy.example.org"`, /nothing speaks https; expected tls or proxy/],
    [`${FILES}, address: "http://deploy.example.org"`, /nothing encrypts passwords on the way/],
    [
      `${FILES}, address: "http://deploy.example.org", proxy: { from: [127.0.0.1] }`,
      /nothing encrypts passwords on the way/,
    ],
    [`${FILES}, address: "https://deploy.example.org/path"`, /without a path/],
    [`${FILES}, address: "ftp://deploy.example.org"`, /without a path/],
    [`${FILES}, sesion: 1 hour`, /there is no setting console\.sesion; the closest known one is session/],
    [`${FILES}, session: soon`, /expected a duration/],
    [
      `${FILES}, address: "https://x", tls: { certificate: none, key: none }`,
      /certificate .*none cannot be read: there is no such file/,
    ],
    [
      `${FILES}, address: "http://localhost", tls: { certificate: none, key: none }`,
      /expected an address with https/,
    ],
  ]
  for (const [written, expected, listen] of faults)
    it(`refuses ${written}`, async () => {
      expect(await reasonFor(written, listen))
        .to.match(expected)
        .and.to.match(/lockstep\.yaml:3: /)
    })
})
