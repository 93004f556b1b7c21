import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { readPipelineSetting } from './pipeline_setting'
import { readRunnerSetting } from './runner_setting'
import { formatPublicKey } from './signing_keys'

const keyOf = (kind: 'ed25519' | 'x25519' = 'ed25519') =>
  formatPublicKey(
    kind === 'ed25519' ? generateKeyPairSync('ed25519').publicKey : generateKeyPairSync('x25519').publicKey,
  )

describe('the settings of a runner', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const runner = {
    connector: 'rabbitmq',
    brokers: [{ host: 'broker.example.net', user: 'runner', password: { env: 'PASSWORD' } }],
    serve_key: keyOf(),
    user: 'lockstep-build',
    repositories: { website: { url: 'ssh://git@git.example.net/website.git', environment: ['TOKEN'] } },
  }
  const read = (written: object) =>
    readRunnerSetting(scratch.write('lockstep.yaml', JSON.stringify({ runner: written }, null, 1)), {
      env: { PASSWORD: 'hunter22' },
    })

  it('are a broker, a key to believe, and what it builds', () => {
    const settings = read(runner)
    expect(settings).to.deep.include({
      brokers: [{ host: 'broker.example.net', port: 61613, user: 'runner', password: 'hunter22' }],
      virtualHost: '/mcollective',
      user: 'lockstep-build',
      repositories: [{ name: 'website', ...runner.repositories.website }],
      secrets: ['hunter22'],
      warnings: [],
    })
    expect(settings?.queues.results).to.equal('/queue/lockstep.pipeline.results')
    expect(settings?.queues.ordersOf('website')).to.equal('/queue/lockstep.pipeline.builds.website')
    expect(read({ ...runner, destination: 'web' })?.queues.results).to.equal('/queue/web.results')
  })

  it('warn where nothing shuts builds in', () => {
    expect(read({ ...runner, user: undefined })?.warnings).to.match(
      /builds run as the user of lockstep ci --listen, and can read its key and sign results with it/,
    )
  })

  it('are refused in a sentence where they are not right', () => {
    const cases: [object, RegExp][] = [
      [{ ...runner, serve_key: 'MCow' }, /serve_key.*a public key as one line of base64/],
      [{ ...runner, serve_key: keyOf('x25519') }, /serve_key.*a public key as one line of base64/],
      [{ ...runner, serve_key: `${keyOf().slice(0, -1)}A` }, /serve_key.*a public key/],
      [{ ...runner, connector: 'kafka' }, /activemq or rabbitmq/],
      [{ ...runner, brokers: [] }, /at least one broker/],
      [{ ...runner, brokers: [{ host: 'a', password: 'hunter22' }] }, /password.*where the secret is/],
      [{ ...runner, repositories: { '../a': { url: '/a' } } }, /a name of small letters/],
      [{ ...runner, repositories: { a: { url: 'ext::sh -c evil' } } }, /url/],
      [{ ...runner, user: 'root' }, /not root/],
      [{ ...runner, destination: '/queue/a' }, /a name of letters, digits/],
      [{ ...runner, sever_key: 'a' }, /sever_key/],
    ]
    for (const [written, why] of cases)
      expect(() => read(written), JSON.stringify(written))
        .to.throw(why)
        .with.property('code', 'bad-config')
  })
})

describe('builds by runners, on the control host', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const read = (ci: object, more: object) => {
    const repository = { url: '/srv/website.git', branches: ['main'], trigger: ['hook'], ci }
    const pipeline = { repositories: { website: repository }, ...more }
    return readPipelineSetting(scratch.write('lockstep.yaml', JSON.stringify({ pipeline }, null, 1)), {
      env: {},
    })
  }
  const ci = { command: ['make'], by: 'runners' }
  const bus = { environment: 'test' }
  const key = keyOf()

  it('have a kind of their own, and need no user here', () => {
    const setting = read(ci, { bus, runners: { ann: { key } } })
    expect(setting?.repositories[0]?.build).to.deep.equal({
      kind: 'runners',
      command: ['make'],
      within: 1_200_000,
    })
    expect(setting?.warnings).to.deep.equal([])
    expect([...(setting?.runners.values() ?? [])].map(({ name }) => name)).to.deep.equal(['ann'])
  })

  it('are refused in a sentence where nothing could ever be tested, or nobody knows by whom', () => {
    const runners = { ann: { key } }
    const cases: [object, object, RegExp][] = [
      [ci, { runners }, /by: runners needs a broker .*; expected pipeline\.bus/],
      [ci, { bus }, /by: runners needs somebody whose results count; expected pipeline\.runners/],
      [ci, { bus, runners: { ann: { key, repositories: [] } } }, /needs somebody whose results count/],
      [ci, { bus, runners: { ann: { key, repositories: ['api'] } } }, /there is no repository "api"/],
      [ci, { bus, runners: { ann: { key }, ben: { key } } }, /ann has the same key/],
      [ci, { bus, runners: { ann: { key: 'MCow' } } }, /a public key as one line of base64/],
      [{ ...ci, by: 'runner' }, { bus, runners }, /runners, or nothing/],
      [{ ...ci, user: 'build' }, { bus, runners }, /user beside by: runners is for each runner to say/],
      [{ ...ci, environment: ['A'] }, { bus, runners }, /environment beside by: runners/],
      [{ ...ci, within: '200 hours' }, { bus, runners }, /longer than 7 days/],
    ]
    for (const [written, more, why] of cases)
      expect(() => read(written, more), JSON.stringify(more))
        .to.throw(why)
        .with.property('code', 'bad-config')
  })
})
