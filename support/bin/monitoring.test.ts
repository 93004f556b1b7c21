import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { lookAsked, lookAtMonitoring } from './monitoring'

const NONE = { monitoring: false, noop: false, removed: undefined, json: false }

describe('The options of one look at monitoring', () => {
  it('ask for none without --monitoring, and are a mistake then', () => {
    expect(lookAsked(NONE)).to.equal(undefined)
    for (const [more, name] of [
      [{ noop: true }, '--noop'],
      [{ removed: '2' }, '--removed'],
      [{ json: true }, '--json'],
    ] as const)
      expect(() => lookAsked({ ...NONE, ...more })).to.throw(`serve --monitoring ${name}`)
  })

  it('take a whole number of hosts that have left, and nothing like it', () => {
    expect(lookAsked({ ...NONE, monitoring: true, removed: '12' })).to.include({ confirmed: 12 })
    expect(lookAsked({ ...NONE, monitoring: true })).to.include({ confirmed: undefined, noop: false })
    for (const removed of ['0', '-1', '1.5', '2x', '', ' 2', '1e3', '20%', '1000000'])
      expect(() => lookAsked({ ...NONE, monitoring: true, removed })).to.throw(/expected the number of hosts/)
  })
})

describe('lockstep serve --monitoring', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
    scratch.write('psk', 'secret')
    configure('[hosts.csv]')
    list(4)
  })
  afterEach(() => scratch.remove())

  const file = () => join(scratch.path, 'hosts.json')
  const hosts = () => (JSON.parse(readFileSync(file(), 'utf8')) as unknown[]).length
  function configure(inventory: string): void {
    scratch.write(
      'lockstep.yaml',
      `default: production
monitoring: { prometheus: { file: ${file()} } }
environments:
  production:
    connector: activemq
    brokers: [{ host: 127.0.0.1, port: 1, user: u, password: { env: BROKER } }]
    security: { provider: psk, secret: { file: psk } }
    inventory: ${inventory}
`,
    )
  }
  function list(count: number): void {
    const lines = Array.from({ length: count }, (_, n) => `web${n + 1}\n`)
    scratch.write('hosts.csv', `host\n${lines.join('')}`)
  }
  const say = (more: { noop?: boolean; confirmed?: number; json?: boolean } = {}) => {
    const config = join(scratch.path, 'lockstep.yaml')
    const options = { noop: false, confirmed: undefined, json: false, ...more }
    const env = { LOCKSTEP_CONFIG: config, BROKER: 'x' }
    return lookAtMonitoring(
      { cwd: scratch.path, env, args: [], options },
      config,
      join(scratch.path, 'state'),
    )
  }

  it('brings it in step, says what has changed, and then that it is in step', async () => {
    expect(await say({ noop: true })).to.deep.equal({
      text: 'Prometheus: 4 hosts would be added: web[1-4]\n',
      exitCode: 0,
    })
    expect(() => hosts()).to.throw(/ENOENT/)
    expect(await say()).to.deep.equal({ text: 'Prometheus: 4 hosts added: web[1-4]\n', exitCode: 0 })
    expect(await say()).to.deep.equal({ text: 'monitoring is in step with the inventory\n', exitCode: 0 })
  })

  it('removes one by one no more than many at once, however often it is called', async () => {
    await say()
    list(3)
    expect((await say()).exitCode).to.equal(0)
    list(2)
    const refused = await say()
    expect(refused.exitCode).to.equal(1)
    expect(refused.text).to.match(/with the 1 that left within a day, .* --removed 1\n$/)
    expect(hosts()).to.equal(3)
    expect((await say({ confirmed: 1 })).exitCode).to.equal(0)
    expect(hosts()).to.equal(2)
  })

  it('is not in step where the inventory cannot be read, or a host is not told', async () => {
    await say()
    scratch.write('hosts.csv', 'host\nweb1\nweb2\nweb3\nweb4\nnull\n')
    const { text, exitCode } = await say({ json: true })
    expect(exitCode).to.equal(1)
    expect((JSON.parse(text) as { sentences: string[] }).sentences[0]).to.match(/null is not told/)
    scratch.write('hosts.csv', '')
    expect(await say()).to.include({ exitCode: 1 })
    expect(hosts()).to.equal(4)
  })

  it('says that it does not know what has registered', async () => {
    scratch.write('state/monitoring/production.json', '{')
    expect((await say()).text).to.match(/production\.json cannot be read .*hosts keep the checks/)
  })

  it('needs an inventory, and the key monitoring', async () => {
    const failure = () => say().catch((error: unknown) => (error as Error).message)
    configure('[discovery]')
    expect(await failure()).to.match(/the environment production has no inventory/)
    scratch.write('lockstep.yaml', 'environments: {}\n')
    expect(await failure()).to.match(/has no monitoring; expected monitoring:/)
  })
})
