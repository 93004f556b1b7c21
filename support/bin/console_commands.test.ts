import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import { readAudit } from '../console/audit'
import { Sessions } from '../console/sessions'
import { hashPassword } from '../people/password'
import { systemClock } from '../system/clock'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { policy } from './policy'
import { readPassword } from './read_password'
import { serve } from './serve'
import { user } from './user'

/** A console whose people log in at a provider. Its secret is not there: no command but serve needs it. */
const OPENID = `environments:
  test: {}
  production: {}
console:
  policy: policy.txt
  openid: { issuer: "https://login.example.org", client: lockstep, secret: { env: NOT_SET } }
`

describe('lockstep user, where an OpenID provider names people', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
    scratch.write('lockstep.yaml', OPENID)
  })
  afterEach(() => scratch.remove())

  const say = (...args: string[]) =>
    user({
      cwd: scratch.path,
      env: { LOCKSTEP_STATE: 'state' },
      args,
      options: {
        group: [],
        name: undefined,
        may: [],
        in: [],
        days: undefined,
        since: undefined,
        json: false,
      },
    })

  it('adds no one, and says where people come from', async () => {
    const { message } = await failure(say('add', 'anna'))
    expect(message).to.equal(
      'the OpenID provider names the people of this console; add them where it knows them from',
    )
  })

  it('ends the sessions of a person, and writes it down', async () => {
    const state = `${scratch.path}/state`
    const sessions = new Sessions(state, systemClock, { sessionMs: 60_000, idleMs: 60_000 })
    const begin = (person: string) => sessions.begin({ person, groups: ['web'], stamp: 'x' })
    const [first, second, other] = [begin('anna'), begin('anna'), begin('bert')]
    expect(await say('logout', 'anna')).to.deep.equal({ text: 'anna: 2 sessions are over.\n', exitCode: 0 })
    expect([first, second, other].map(({ id }) => sessions.isGood(id))).to.deep.equal([false, false, true])
    expect(await say('logout', 'anna')).to.deep.equal({ text: 'anna is not logged in.\n', exitCode: 1 })
    const [event, ...rest] = readAudit(state).events
    expect(event).to.include({ type: 'sessions ended', person: 'anna', count: 2 })
    expect(rest).to.deep.equal([])
    expect((await failure(say('logout'))).message).to.match(/^who\? say: .*user logout <name>$/)
  })
})

describe('lockstep serve --unit, of a console without a pipeline', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const say = (written: string) => {
    scratch.write('lockstep.yaml', written)
    const env = { LOCKSTEP_STATE: 'state' }
    return serve({
      cwd: scratch.path,
      env,
      args: [],
      options: {
        unit: true,
        standby: false,
        monitoring: false,
        noop: false,
        removed: undefined,
        json: false,
      },
    })
  }
  const ADDRESS = 'address: "https://deploy.example.org", tls: { certificate: c.pem, key: k.pem }'

  it('needs neither the secrets nor the keys that the service will have', async () => {
    const written = OPENID.replace(/^ {2}policy.*$/m, `$&\n  ${ADDRESS.replace(', tls', '\n  tls')}`)
    const { text } = await say(written)
    expect(text).to.contain(`serve --config ${scratch.path}/lockstep.yaml --state ${scratch.path}/state`)
    expect(text).to.contain(`ReadWritePaths=-${scratch.path}/state`)
  })

  const faults: [what: string, written: string, says: RegExp][] = [
    ['a console that no one could log in to', 'console: { policy: p }', /:1: no one could log in/],
    [
      'an address that nothing speaks',
      `console: { policy: p, people: q, address: "https://x.example.org" }`,
      /nothing speaks https/,
    ],
    ['a provider without https', OPENID.replace('https:', 'http:'), /would go unencrypted/],
    ['neither pages nor pipeline', 'environments: {}', /has no pipeline; expected pipeline/],
  ]
  for (const [what, written, says] of faults)
    it(`is refused for ${what}, as the start is`, async () => {
      expect((await failure(say(written))).message).to.match(says)
    })
})

describe('lockstep policy check', () => {
  let scratch: Scratch
  let hash: string
  before(async () => (hash = await hashPassword('correct horse', { ln: 2, r: 1, p: 1 })))
  beforeEach(() => {
    scratch = new Scratch()
    scratch.write(
      'lockstep.yaml',
      'environments:\n  test: {}\n  production: {}\nconsole: { people: people.yaml, policy: policy.txt }\n',
    )
    scratch.write(
      'policy.txt',
      'everybody may look in test\ngroup web may start in test\nanna may approve in production\n',
    )
    const person = (groups: string) => `{ groups: [${groups}], password: '${hash}' }`
    scratch.write('people.yaml', `people:\n  anna: ${person('')}\n  bert: ${person('web')}\n`)
  })
  afterEach(() => scratch.remove())

  const check = (options: Partial<Parameters<typeof policy>[0]['options']> = {}) =>
    policy({
      cwd: scratch.path,
      env: {},
      args: ['check'],
      options: { person: undefined, act: undefined, environment: undefined, cases: undefined, ...options },
    })

  it('says what each person may do', async () => {
    expect(await check()).to.deep.equal({
      text: `anna (no group) may
  in test: look
  in production: approve
bert (web) may
  in test: look, start
  in production: nothing
`,
      exitCode: 0,
    })
  })

  it('warns that it knows no groups of people whom a proxy names', async () => {
    scratch.write(
      'lockstep.yaml',
      `environments:
  test: {}
  production: {}
console:
  policy: policy.txt
  address: https://deploy.example.org
  proxy: { from: [127.0.0.1], user: X-Remote-User, groups: X-Remote-Groups }
`,
    )
    const { text, complaint } = await check({ person: 'bert', act: 'start', environment: 'test' })
    expect(text).to.equal('bert may not start in test.\n')
    expect(complaint).to.match(/^warning: the proxy knows the groups of people, and this command does not/)
  })

  it('warns of the same where an OpenID provider names them', async () => {
    scratch.write('lockstep.yaml', OPENID)
    expect((await check()).complaint).to.equal(
      'warning: the OpenID provider knows the groups of people, and this command does not; a person whom it names is taken for one of no group\n',
    )
  })

  it('answers one question with its exit status', async () => {
    const asked = { act: 'approve', environment: 'production' }
    expect(await check({ person: 'anna', ...asked })).to.deep.equal({
      text: 'anna may approve in production.\n',
      exitCode: 0,
    })
    expect(await check({ person: 'bert', ...asked })).to.deep.equal({
      text: 'bert may not approve in production.\n',
      exitCode: 1,
    })
    expect((await failure(check({ person: 'ana', ...asked }))).message).to.match(
      /no person with the name "ana"; the closest one is anna/,
    )
    expect((await failure(check({ person: 'anna' }))).message).to.match(/three parts/)
    expect((await failure(check({ person: 'anna', act: 'look', environment: 'tset' }))).message).to.match(
      /no environment "tset"/,
    )
  })

  it('expects each case to be so, of everybody whom it means', async () => {
    scratch.write(
      'cases',
      'bert may start in test\ngroup web may not approve in every environment\neverybody may not start in production\n',
    )
    expect(await check({ cases: 'cases' })).to.deep.equal({ text: '3 cases, and each is so.\n', exitCode: 0 })
    scratch.write(
      'cases',
      '# no one approves\neverybody may not approve in production\ngroup web may plan in test\n',
    )
    const { text, exitCode } = await check({ cases: 'cases' })
    expect(exitCode).to.equal(1)
    expect(text).to.match(/cases:2: anna may approve in production\n/)
    expect(text).to.match(/cases:3: somebody of group web alone may not plan in test\n/)
    expect(text).to.match(/cases:3: bert may not plan in test\n2 cases; 3 answers are not so\.\n$/)
    scratch.write('cases', '# nothing\n')
    expect((await failure(check({ cases: 'cases' }))).message).to.match(/has no case/)
  })

  it('warns of people and groups that no one is', async () => {
    scratch.write('policy.txt', 'bertt may look in test\ngroup wbe may look in test\n')
    const { complaint, exitCode } = await check()
    expect(complaint).to.match(/policy\.txt:1: no one has the name bertt; the closest one is bert\n/)
    expect(complaint).to.match(/policy\.txt:2: no one is in a group wbe; the closest one is web\n/)
    expect(exitCode).to.equal(0)
  })
})

describe('a password that is asked for', () => {
  function terminal() {
    const modes: boolean[] = []
    const input = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (isRaw: boolean) => modes.push(isRaw),
    })
    const shown: string[] = []
    /** For each text that is shown, whether what is typed stays hidden then. */
    const hidden: (boolean | undefined)[] = []
    const write = (text: string) => {
      hidden.push(modes.at(-1))
      shown.push(text)
    }
    return { input, modes, shown, hidden, output: { write } }
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  it('is typed twice, and never shown', async () => {
    const { input, modes, shown, hidden, output } = terminal()
    const reading = readPassword('anna', input, output)
    input.write('correct hrs\u007f\u007forse')
    input.write('\r')
    while (shown.length < 3) await turn()
    input.write('correct horse\n')
    expect(await reading).to.equal('correct horse')
    expect(shown.join('')).to.equal('Password of anna: \nThe same again: \n')
    expect(modes).to.deep.equal([true, false, true, false])
    expect(hidden, 'no question is there before the typing is hidden').to.deep.equal([
      true,
      false,
      true,
      false,
    ])
  })

  it('is given up with Ctrl-C, which leaves the terminal as it was', async () => {
    const { input, modes, output } = terminal()
    const reading = readPassword('anna', input, output)
    input.write('corr\u0003')
    expect((await failure(reading)).code).to.equal('interrupted')
    expect(modes).to.deep.equal([true, false])
  })

  it('comes as one line where there is no terminal', async () => {
    const read = (text: string) => {
      const input = new PassThrough()
      input.end(text)
      return readPassword('anna', input, { write: () => true })
    }
    expect(await read('correct horse\n')).to.equal('correct horse')
    expect((await failure(read(''))).message).to.match(/has no password/)
    expect((await failure(read('a\nb\n'))).message).to.match(/several lines/)
    expect((await failure(read('a'.repeat(5_000)))).message).to.match(/too long/)
  })
})
