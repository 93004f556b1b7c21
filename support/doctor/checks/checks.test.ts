import type { Environment } from '../../config/environment'
import { expect } from 'chai'
import type { Survey } from '../../survey/survey'
import type { Holder } from '../../locks/host_locks'
import { LockstepError } from '../../system/errors'
import type { Finding } from '../check'
import { NotChecked } from '../not_checked'
import { Scratch } from '../../testing/scratch'
import { noExtensions } from '../../extensions/extensions'
import { judgeAgents } from './agents'
import { judgeMembers } from './balancers'
import { judgeCertificate } from './broker'
import { judgeClocks } from './clocks'
import { judgeRoom } from './disk'
import { judgeExtensions } from './extensions'
import { judgeHosts, judgeNotAsked } from './hosts'
import { judgeLocks } from './locks'
import { judgeCucumber, judgeNode, judgeProfiles } from './programs'
import { judgeRotation } from './rotation'
import { judgeSecret } from './secret'

const statesOf = (found: Finding | readonly Finding[]) => [found].flat().map(({ state }) => state)
const textOf = (found: Finding | readonly Finding[]) =>
  [found]
    .flat()
    .map(({ what, mend, paste }) => `${what} → ${[mend, paste].join(' ').trim()}`)
    .join('\n')
const answer = { ms: 5, aheadS: 0, refusal: undefined }
const psk: Pick<Environment, 'collective' | 'identity' | 'road'> = {
  collective: 'mcollective',
  identity: 'control',
  road: {
    connector: 'activemq',
    brokers: [],
    virtualHost: 'mcollective',
    security: { provider: 'psk', secret: 's', callerid: 'uid=0' },
    directAddressing: true,
  },
}

describe('what is said of the secret', () => {
  const judge = (heard: [string, typeof answer | (Omit<typeof answer, 'refusal'> & { refusal: string })][]) =>
    judgeSecret({ heard: new Map(heard) }, psk, 'plugin.psk at client.cfg:3')

  it('is well only where a host has accepted it', () => {
    expect(statesOf(judge([['web1', answer]]))).to.deep.equal(['ok'])
    expect(statesOf(judge([]))).to.deep.equal(['not checked'])
  })

  it('is a failure where an answer is signed with another one', () => {
    const other = judge([
      ['web1', answer],
      ['web2', { ...answer, refusal: 'signed with another secret' }],
    ])
    expect(statesOf(other)).to.deep.equal(['fail'])
    expect(textOf(other)).to.contain('web2').and.to.contain('plugin.psk at client.cfg:3')
  })
})

describe('what is said of clocks', () => {
  const judge = (...ahead: number[]) =>
    judgeClocks(new Map(ahead.map((aheadS, index) => [`web${index + 1}`, { aheadS }])), 60)

  it('is well within a few seconds, and nothing where no clock was heard of', () => {
    expect(statesOf(judge(0, -3, 5))).to.deep.equal(['ok'])
    expect(statesOf(judge())).to.deep.equal(['not checked'])
  })

  it('is a warning up to the ttl, and a failure from there on', () => {
    expect(statesOf(judge(0, 20))).to.deep.equal(['warn'])
    expect(statesOf(judge(0, -60))).to.deep.equal(['fail'])
    expect(textOf(judge(0, 7_200))).to.contain('web2: the clock is 2 h ahead')
    expect(textOf(judge(0, 7_199))).to.contain('web2: the clock is 2 h ahead')
    expect(textOf(judge(0, 7_100))).to.contain('web2: the clock is 118 min ahead')
  })

  it('suspects this machine where all hosts differ', () => {
    expect(textOf(judge(-300, -300))).to.contain('this machine first')
    expect(textOf(judge(-300, 0))).not.to.contain('this machine first')
  })
})

const host = (name: string, ...agents: string[]) => ({
  host: name,
  ms: 1,
  daemon: 'lockstep 1',
  agents: agents.map((each) => ({ name: each, version: '1' })),
  trouble: undefined,
})
const survey: Survey = {
  environment: 'test',
  hosts: [host('web1', 'package'), host('web2')],
  expected: ['web1', 'web2'],
  silent: [],
  unexpected: [],
  messages: [],
}

describe('what is said of hosts', () => {
  const judge = (more: Partial<Survey>, heard: string[] = ['web1', 'web2']) =>
    judgeHosts({ ...survey, ...more }, { heard: new Map(heard.map((name) => [name, answer])) }, psk)

  it('is well only where an inventory says which should answer, and all do', () => {
    expect(statesOf(judge({}))).to.deep.equal(['ok'])
    expect(statesOf(judge({ expected: undefined }))).to.deep.equal(['warn'])
    expect(statesOf(judge({ unexpected: ['web9'] }))).to.deep.equal(['warn', 'ok'])
  })

  it('is a failure where one is silent, hidden from rollouts or cannot be believed', () => {
    expect(textOf(judge({ silent: ['web3'] }))).to.contain('expected and silent: web3')
    expect(textOf(judge({ silent: ['web3'] }, ['web1', 'web2', 'web3']))).to.contain(
      'there, and not to be found by a rollout: web3',
    )
    const odd = { kind: 'unexpected' as const, host: 'web4', detail: 'bad signature', fails: true }
    expect(textOf(judge({ messages: [odd] }))).to.contain('web4: bad signature')
    expect(statesOf(judge({ hosts: [], expected: undefined }, []))).to.deep.equal(['fail'])
    expect(textOf(judge({ hosts: [], expected: undefined }, []))).to.contain('refuse our secret')
    expect(textOf(judge({ hosts: [], silent: ['web1', 'web2'] }, []))).to.contain(
      'none of 2 hosts of the inventory answers in the collective mcollective',
    )
  })
})

describe('what is said of hosts that could not be asked', () => {
  const notAsked = (code: 'broker-refused' | 'bad-config') =>
    new NotChecked('hosts cannot be asked', { cause: new LockstepError(code, 'there is no exchange x') })
  const [well, down] = [
    { state: 'ok', what: 'takes our login' },
    { state: 'fail', what: 'is down' },
  ] as const

  it('is a failure where a broker takes the login: no other check says what is wrong', () => {
    const found = judgeNotAsked(notAsked('broker-refused'), [down, well], psk)
    expect(statesOf(found)).to.deep.equal(['fail'])
    expect(textOf(found)).to.contain('there is no exchange x').and.to.contain('the collective mcollective')
    expect(textOf(judgeNotAsked(notAsked('bad-config'), [well], psk))).to.contain('mend the inventory')
  })

  it('is left to the check of brokers where none can be used, and a defect is no finding', () => {
    const error = notAsked('broker-refused')
    expect(() => judgeNotAsked(error, [down], psk)).to.throw(error)
    const defect = new TypeError('a defect')
    expect(() => judgeNotAsked(defect, [well], psk)).to.throw(defect)
  })
})

describe('what is said of agents', () => {
  const needs = (...agents: string[]) => ({
    read: 1,
    agents: agents.map((agent) => ({ agent, line: 7, text: '', uri: 'features/x.feature' })),
    backends: [],
    unread: [],
  })

  it('is well where every host has all that features need', () => {
    expect(statesOf(judgeAgents(needs('package'), { hosts: [host('web1', 'package')] }))).to.deep.equal([
      'ok',
    ])
  })

  it('is a warning where some hosts lack one, and a failure where all do', () => {
    expect(statesOf(judgeAgents(needs('package'), survey))).to.deep.equal(['warn'])
    expect(statesOf(judgeAgents(needs('nrpe'), survey))).to.deep.equal(['fail'])
    expect(textOf(judgeAgents(needs('nrpe'), survey))).to.contain('features/x.feature:7')
  })

  it('is never well where features were not read, or hosts do not tell', () => {
    expect(statesOf(judgeAgents({ ...needs(), read: 0 }, survey))).to.deep.equal(['not checked'])
    expect(
      statesOf(judgeAgents({ ...needs('package'), unread: ['y'] }, { hosts: [host('web1', 'package')] })),
    ).to.deep.equal(['not checked'])
    const dumb = { ...host('web1'), agents: undefined, trouble: 'no answer' }
    expect(statesOf(judgeAgents(needs('package'), { hosts: [dumb] }))).to.include('fail')
    expect(() => judgeAgents(needs(), { hosts: [] })).to.throw('no host answers')
  })
})

describe('what is said of a certificate', () => {
  const now = Date.parse('2026-06-01')
  const judge = (validTo: string, fault?: string, verify = true) =>
    judgeCertificate(
      { validTo: new Date(validTo), name: 'DNS:broker', fault },
      { host: 'mq', port: 61614, tls: { verify } },
      now,
      (key) => `brokers.0.${key}`,
    )

  it('depends on its end, its name and who has signed it', () => {
    expect(statesOf(judge('2027-01-01'))).to.deep.equal(['ok'])
    expect(statesOf(judge('2026-06-20'))).to.deep.equal(['warn'])
    expect(textOf(judge('2026-05-01', 'CERT_HAS_EXPIRED'))).to.contain('has expired on 2026-05-01')
    expect(textOf(judge('2027-01-01', 'ERR_TLS_CERT_ALTNAME_INVALID'))).to.contain(
      'is for DNS:broker, and not for mq',
    )
    expect(textOf(judge('2027-01-01', 'SELF_SIGNED_CERT_IN_CHAIN'))).to.contain('brokers.0.tls.ca')
    expect(statesOf(judge('2027-01-01', 'SELF_SIGNED_CERT_IN_CHAIN', false))).to.deep.equal(['warn'])
  })
})

describe('what is said of this machine', () => {
  it('depends on the versions of Node and cucumber', () => {
    expect(statesOf(judgeNode('20.19.0'))).to.deep.equal(['ok'])
    expect(statesOf(judgeNode('20.18.9'))).to.deep.equal(['fail'])
    expect(statesOf(judgeNode('24.0.0'))).to.deep.equal(['ok'])
    const cucumber = (version: string, folder = '/a') => ({ version, folder })
    expect(statesOf(judgeCucumber(cucumber('12.9.0'), cucumber('12.9.0')))).to.deep.equal(['ok'])
    expect(statesOf(judgeCucumber(cucumber('12.8.0'), undefined))).to.deep.equal(['fail'])
    expect(statesOf(judgeCucumber(undefined, undefined))).to.deep.equal(['fail'])
    expect(textOf(judgeCucumber(cucumber('13.0.0'), cucumber('13.0.0', '/b')))).to.contain(
      'does not know the steps',
    )
  })

  it('depends on a cucumber.js that can be read', () => {
    const scratch = new Scratch()
    try {
      expect(statesOf(judgeProfiles(scratch.path))).to.deep.equal(['fail'])
      scratch.write('cucumber.js', '')
      expect(statesOf(judgeProfiles(scratch.path))).to.deep.equal(['ok'])
      scratch.write('cucumber.js', `const { profiles } = require('lockstep')`)
      expect(textOf(judgeProfiles(scratch.path))).to.contain('Lockstep, which is not installed')
    } finally {
      scratch.remove()
    }
  })

  it('depends on the room of its disk', () => {
    const judge = (mb: number, files?: number) => judgeRoom('x', { bytes: mb * 1024 * 1024, files }, false)
    expect(statesOf(judge(0))).to.deep.equal(['fail'])
    expect(statesOf(judge(100))).to.deep.equal(['warn'])
    expect(statesOf(judge(5_000))).to.deep.equal(['ok'])
    expect(statesOf(judge(5_000, 3))).to.deep.equal(['fail'])
  })

  it('depends on locks and hosts that runs have left', () => {
    const isKnown = () => true
    const holder = (state: Holder['state']): Holder => ({
      run: 'r',
      feature: 'f',
      fleet: 'x',
      hosts: ['web1'],
      user: 'u',
      machine: 'm',
      pid: 1,
      since: 's',
      state,
    })
    expect(statesOf(judgeLocks([], isKnown))).to.deep.equal(['ok'])
    expect(statesOf(judgeLocks([holder('alive')], isKnown))).to.deep.equal(['ok'])
    const stale = [holder('process gone'), holder('alive')]
    expect(statesOf(judgeLocks(stale, isKnown))).to.deep.equal(['warn'])
    expect(textOf(judgeLocks(stale, isKnown))).to.contain('put-back --run r')
    // What a run has left can be put back only where its journal is.
    expect(textOf(judgeLocks(stale, () => false)))
      .to.contain('LOCKSTEP_TAKE_LOCK=')
      .and.not.to.contain('put-back')
    const out = { host: 'web1', obligation: 'blocks 1.2.3.4', run: 'r', feature: 'f', since: 's' }
    expect(statesOf(judgeRotation([], [], 1))).to.deep.equal(['ok'])
    expect(textOf(judgeRotation([out], [], 1))).to.contain('put-back --run r')
    expect(statesOf(judgeRotation([], ['the journal x is damaged'], 1))).to.deep.equal(['fail'])
  })
})

describe('what is said of extensions', () => {
  const contract = { agent: 'door', description: '', timeout: 5, actions: {} }
  const judge = (...files: string[]) =>
    judgeExtensions({
      ...noExtensions(),
      files,
      agents: new Map([['door', { file: './own.js', add: contract }]]),
    })

  it('is what each file adds, and a warning where one adds nothing', () => {
    expect(textOf(judge('./own.js'))).to.contain('./own.js adds the agent door')
    expect(statesOf(judge('./own.js', './other.js'))).to.deep.equal(['ok', 'warn'])
  })

  it('is nothing where none is named', () => expect(statesOf(judge())).to.deep.equal(['not checked']))
})

describe("what is said of a team's balancer", () => {
  const judge = (hosts: string[] | undefined, ...states: ('serving' | 'out')[]) =>
    judgeMembers(
      'the f5 backend www',
      states.map((state, index) => ({ host: `web${index + 1}`, state })),
      hosts,
    )

  it('is well where a member is in service, and a failure where none is', () => {
    expect(textOf(judge(undefined, 'serving', 'out'))).to.contain(
      'the f5 backend www has 1 of 2 hosts in service',
    )
    expect(statesOf(judge(['web2'], 'serving', 'out'))).to.deep.equal(['ok'])
    expect([...statesOf(judge(['web1'], 'out')), ...statesOf(judge(['web1']))]).to.deep.equal([
      'fail',
      'fail',
    ])
  })

  it('is a warning where members go by other names than hosts', () =>
    expect(statesOf(judge(['web1.example.net'], 'serving'))).to.deep.equal(['warn']))
})
