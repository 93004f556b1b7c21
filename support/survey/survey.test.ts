import { expect } from 'chai'
import type { Environment } from '../config/environment'
import { startEmbedded, type Surrounded } from '../simulation/embedded'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { Scratch } from '../testing/scratch'
import { parseFault } from '../simulation/faults'
import { formatAgents, readHost } from './host_answers'
import { formatSurvey } from './format_survey'
import { judgeSurvey } from './ping'
import { NOTHING_ASKED } from './find_hosts'
import { surveyFleet, type Survey } from './survey'
import { surveyDocument } from './survey_json'
import { foldTimes } from './times'
import { expectStompRoad } from '../config/road_places'

const OF_A_PROCESS = { env: {}, hostname: 'control', uid: 0 }

describe('a survey of the fleet', () => {
  let scratch: Scratch
  let surrounded: Surrounded
  before(async () => {
    scratch = new Scratch()
    const host = (identity: string, fault = '') => ({
      identity,
      classes: ['roles::web'],
      facts: { country: 'de' },
      packages: {},
      services: {},
      checks: {},
      without: identity === 'web2' ? ['package'] : [],
      fault: parseFault(fault),
    })
    const hosts = [host('web1'), host('web2'), host('web3', 'silent')]
    surrounded = await startEmbedded({ name: 'test', repository: {}, hosts, backends: {} }, OF_A_PROCESS)
  })
  after(async () => {
    await surrounded.embedded?.stop()
    scratch.remove()
  })

  const survey = (more: Partial<Environment> = {}, selection = NOTHING_ASKED) =>
    surveyFleet({ ...surrounded.environment, ...more }, selection, {
      clock: systemClock,
      signal: new AbortController().signal,
      askAgainWithin: 300,
    })
  const inventoryOf = (...names: string[]): Partial<Environment> => ({
    inventory: [
      {
        kind: 'csv',
        path: scratch.write(
          'hosts.csv',
          `host,role\n${names.map((name) => `${name},roles::web\n`).join('')}`,
        ),
        delimiter: 'comma',
      },
    ],
  })

  it('has each host that answers, its daemon and its agents', async () => {
    const { hosts, expected } = await survey()
    expect(hosts.map(({ host }) => host)).to.include.members(['web1', 'web2'])
    expect(hosts.find(({ host }) => host === 'web1')).to.deep.include({
      daemon: 'lockstep simulated',
      trouble: undefined,
    })
    expect(expected).to.equal(undefined)
    expect(hosts.every(({ ms }) => ms >= 0)).to.equal(true)
  })

  it('names expected hosts that are silent, and hosts that are not expected', async () => {
    const found = await survey(inventoryOf('web1', 'web9'))
    expect(found).to.deep.include({ silent: ['web9'], expected: ['web1', 'web9'] })
    expect(found.unexpected).to.include('web2').and.not.to.include('web1')
    expect(judgeSurvey(found)).to.equal(1)
  })

  it('is of the hosts of a selection alone', async () => {
    const none = await survey(inventoryOf('web1'), { ...NOTHING_ASKED, classes: ['roles::db'] })
    expect(none).to.deep.include({ hosts: [], expected: [], silent: [] })
    expect(judgeSurvey(none)).to.equal(3)
  })

  it('cannot be had of a broker that is away', async () => {
    const { road } = expectStompRoad(surrounded.environment, 'a test')
    const [broker] = road.brokers
    const away = { road: { ...road, brokers: [{ host: broker?.host ?? '', port: 1 }] } }
    const error = await survey(away).catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(LockstepError)
    expect(error).to.include({ code: 'broker-unreachable' })
  })
})

describe('what a survey comes to', () => {
  const host = (name: string, trouble?: string) => ({
    host: name,
    ms: 12,
    daemon: trouble === undefined ? 'mcollectived 2.12.1' : undefined,
    agents: trouble === undefined ? [{ name: 'package', version: '4.4' }] : undefined,
    trouble,
  })
  const whole: Survey = {
    environment: 'test',
    hosts: [host('web1'), host('web2'), host('web3')],
    expected: ['web1', 'web2', 'web3'],
    silent: [],
    unexpected: [],
    messages: [],
  }
  const odd = { kind: 'unexpected' as const, host: 'web4', detail: 'bad signature', fails: true }

  it('passes only where every expected host tells what runs on it', () => {
    expect(judgeSurvey(whole)).to.equal(0)
    expect(judgeSurvey({ ...whole, silent: ['web9'] })).to.equal(1)
    expect(judgeSurvey({ ...whole, messages: [odd] })).to.equal(1)
    expect(judgeSurvey({ ...whole, messages: [{ ...odd, fails: false }] })).to.equal(0)
    expect(judgeSurvey({ ...whole, hosts: [host('web1', 'no answer')] })).to.equal(1)
    expect(judgeSurvey({ ...whole, hosts: [] })).to.equal(3)
  })

  it('has one row for all hosts that answer the same, in 80 columns', () => {
    const many = Array.from({ length: 40 }, (_, index) => host(`web${index * 2}.example.net`))
    const text = formatSurvey({
      ...whole,
      hosts: [...many, host('db1', 'no answer')],
      silent: ['web9'],
      messages: [odd],
    })
    expect(text.split('\n').filter((line) => line.length > 80)).to.deep.equal([])
    expect(text).to.match(/^40 hosts {4}mcollectived 2\.12\.1$/m)
    expect(text).to.match(/^agents {6}package 4\.4$/m)
    expect(text).to.match(/^trouble {5}no answer$/m)
    expect(text).to.match(/^silent {6}web9$/m)
    expect(text).to.match(/^odd {9}web4: bad signature$/m)
    expect(text).to.contain('first 12 ms · median 12 ms · last 12 ms')
  })

  it('counts hosts that answer alike where names would fill the screen, and names all that are silent', () => {
    const irregular = Array.from({ length: 1_000 }, (_, n) => `web${n * n}-${n % 7}.example.net`)
    const text = formatSurvey({
      ...whole,
      hosts: irregular.map((name) => host(name)),
      silent: irregular.slice(0, 30).map((name) => `old-${name}`),
    })
    expect(text.replaceAll(/\s+/g, ' ')).to.match(/… and \d+ more /)
    expect(text.split('\n').length).to.be.below(30)
    expect(text.slice(text.indexOf('\nsilent '))).not.to.contain('more')
  })

  it('is a document of a version for programs', () => {
    const document = surveyDocument({ ...whole, expected: undefined, hosts: [host('a', 'no answer')] }, 1)
    expect(document).to.deep.equal({
      environment: 'test',
      exitCode: 1,
      milliseconds: { first: 12, median: 12, last: 12 },
      hosts: [{ host: 'a', milliseconds: 12, daemon: null, agents: null, trouble: 'no answer' }],
      expected: null,
      silent: [],
      unexpected: [],
      messages: [],
    })
  })

  it('folds times, of which there may be none', () => {
    expect(foldTimes([30, 10, 20])).to.deep.equal({ first: 10, median: 20, last: 30 })
    expect(foldTimes([10, 20])).to.deep.equal({ first: 10, median: 10, last: 20 })
    expect(foldTimes([])).to.equal(undefined)
  })
})

describe('what a host tells of itself', () => {
  const plain = (text: string) => text
  const answered = (data: Record<string, string | object>) =>
    ({ kind: 'answered', data: data as Record<string, string> }) as const
  const agents = (author: string) => answered({ agents: [{ agent: 'rpcutil', version: '1.0', author }] })

  it('tells Lockstep’s own daemon from mcollectived', () => {
    const stats = answered({ version: '1.0' })
    expect(readHost(stats, agents('Lockstep'), plain).daemon).to.equal('lockstep 1.0')
    expect(readHost(stats, agents('R.I.Pienaar'), plain).daemon).to.equal('mcollectived 1.0')
  })

  it('is not known where a host does not tell, or tells something else', () => {
    const silent = { kind: 'silent', waited: 1 } as const
    const denied = { kind: 'failed', code: 1, message: 'You are not authorized', data: {} } as const
    expect(readHost(silent, silent, plain).trouble).to.contain('no answer')
    expect(readHost(answered({}), denied, plain).trouble).to.contain('You are not authorized')
    expect(readHost(answered({ version: '1' }), answered({ agents: 'none' }), plain)).to.deep.equal({
      daemon: undefined,
      agents: undefined,
      trouble: 'rpcutil agent_inventory: lists no agents',
    })
  })

  it('has an agent’s version where it is not that of the daemon', () => {
    const two = [
      { name: 'nrpe', version: '1.0' },
      { name: 'package', version: '4.4' },
    ]
    expect(formatAgents(two, 'lockstep 1.0')).to.equal('nrpe, package 4.4')
  })
})
