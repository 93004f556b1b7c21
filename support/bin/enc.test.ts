import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { parse } from 'yaml'
import { reasonOf } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { call } from './call'
import type { Outcome } from './command'

const CONFIG = `default: test
environments:
  test: { client_config: /none, inventory: [hosts.csv] }
  production: { connector: activemq, brokers: [], security: { secret: { env: NOT_SET } }, inventory: [hosts.csv] }
  bare: { client_config: /none, inventory: [discovery] }
`

describe('an external node classifier', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
    scratch.write('lockstep.yaml', CONFIG)
    scratch.write(
      'hosts.csv',
      'host,environment,role,classes,country\nweb1.example.net,production,roles::web,ntp,yes\n',
    )
  })
  afterEach(() => scratch.remove())
  const ask = (args: readonly string[], env: Record<string, string> = {}) =>
    call(['enc', ...args], scratch.path, env) as Promise<Outcome>

  it('says classes, environment and parameters of a host, for any chosen environment', async () => {
    for (const env of [{}, { LOCKSTEP_ENVIRONMENT: 'production' }]) {
      const { text, exitCode } = await ask(['web1.example.net'], env)
      expect(exitCode).to.equal(0)
      expect(parse(text)).to.deep.equal({
        classes: ['roles::web', 'ntp'],
        environment: 'production',
        parameters: { role: 'roles::web', country: 'yes' },
      })
    }
  })

  it('says text in quotes, since Ruby takes some bare words for something else', async () => {
    expect((await ask(['web1.example.net'])).text).to.contain('"country": "yes"')
  })

  it('says the chosen environment of a host that belongs to all', async () => {
    scratch.write('hosts.csv', 'host\nweb2\n')
    const { text } = await ask(['web2'], { LOCKSTEP_ENVIRONMENT: 'production' })
    expect(parse(text)).to.deep.equal({ classes: [], environment: 'production', parameters: {} })
  })

  it('knows a host by its name in any letters, as puppet has it in small ones', async () => {
    scratch.write('hosts.csv', 'host\nWeb2\n')
    expect((await ask(['web2'])).exitCode).to.equal(0)
  })

  it('says of an unknown host that it is, with exit status 1 and nothing for puppet to read', async () => {
    expect(await ask(['web7'])).to.deep.equal({
      text: '',
      complaint: 'the inventory of test has no host "web7"\n',
      exitCode: 1,
    })
  })

  it('reads the configuration that its option names', async () => {
    const path = scratch.write('etc/other.yaml', 'environments: { only: { inventory: [hosts.csv] } }\n')
    scratch.write('etc/hosts.csv', 'host\nweb2\n')
    expect(parse((await ask(['--config', path, 'web2'])).text)).to.include({ environment: 'only' })
    expect(parse((await ask(['web2'], { LOCKSTEP_CONFIG: path })).text)).to.include({ environment: 'only' })
  })

  it('says what it needs', async () => {
    expect(await reasonOf(ask([]))).to.equal(
      'which host? enc takes the certname of a host; node support/bin/lockstep.cjs enc --help tells more',
    )
    expect(await reasonOf(ask(['web1'], { LOCKSTEP_CONFIG: '/none.yaml' }))).to.match(
      /^there is no configuration \/none\.yaml; say: node support\/bin\/lockstep\.cjs enc/,
    )
    expect(await reasonOf(ask(['web1'], { LOCKSTEP_ENVIRONMENT: 'bare' }))).to.equal(
      `${join(scratch.path, 'lockstep.yaml')}: the environment bare has no inventory; name one, as in inventory: [hosts.csv]`,
    )
  })

  it('says every fact as it is written', async () => {
    const value = fc.stringMatching(/^[a-z0-9:#'{}[\]!&*?|<>%~. é-]{1,20}$/).map((text) => text.trim())
    await fc.assert(
      fc.asyncProperty(value, async (fact) => {
        scratch.write('hosts.csv', `host,fact\nweb1,"${fact.startsWith('-') ? `x${fact}` : fact}"\n`)
        const { parameters } = parse((await ask(['web1'])).text) as { parameters: Record<string, string> }
        expect(parameters['fact'] ?? '').to.equal(fact.startsWith('-') ? `x${fact}` : fact)
      }),
      { numRuns: 50 },
    )
  })
})
