import { generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import type { KnownRunner } from '../config/runners_setting'
import { formatPublicKey, idOfKey } from '../config/signing_keys'
import { headers } from '../connectors/stomp/frame'
import type { RunnerOrder, RunnerReport } from '../pipeline/runner_report'
import { greenReport } from '../testing/report_store_contract'
import { documentOfOrder, readOrder } from './build_order'
import { documentOfReport, parseReport, readReport } from './build_report'
import { seal, type Arrived } from './sealed'
import type { SigningKey } from './signing_key'

const COMMIT = 'a'.repeat(40)
const ORDER: RunnerOrder = {
  build: 'bf58d12a-6391-430b-89b0-12350f85b0a0',
  repository: 'website',
  commit: COMMIT,
  ref: 'refs/heads/$(reboot)"ü',
  url: 'ssh://git@git.example.net/website.git',
  command: ['npm', 'test'],
  within: 1_200_000,
}

function makeKey(): { own: SigningKey; believed: Map<string, KnownRunner> } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const own = {
    id: idOfKey(publicKey),
    publicKey: formatPublicKey(publicKey),
    sign: (bytes: Buffer) => sign(null, bytes, privateKey).toString('base64'),
  }
  return { own, believed: new Map([[own.id, { name: 'ann', key: publicKey, repositories: undefined }]]) }
}

const { own, believed } = makeKey()
const stranger = makeKey().own

function arrived(document: unknown, key = own): Arrived {
  const message = seal(key, '/queue/a', document as object)
  return { headers: headers(message.headers), body: message.body }
}

describe('orders of builds on a queue', () => {
  const document = documentOfOrder(ORDER, 0)
  const read = (message: Arrived) => readOrder(message, believed, 'website')

  it('come as they were sent', () => {
    expect(read(arrived(document))).to.deep.equal(ORDER)
  })

  it('are refused in words where they are not what a believed key has signed', () => {
    const good = arrived(document)
    const changed = { ...good, body: Buffer.from(good.body.toString().replace('npm', 'sh')) }
    const cases: [Arrived, RegExp][] = [
      [{ ...good, headers: headers({}) }, /^is not signed$/],
      [{ ...good, headers: headers({ ...good.headers, lockstep_signature: undefined }) }, /^is not signed$/],
      [arrived(document, stranger), /^is signed with the key "[0-9a-f]{16}", which is not believed$/],
      [changed, /^has a wrong signature in the name of ann$/],
      [{ ...good, headers: headers({ ...good.headers, lockstep_signature: 'AAAA' }) }, /wrong signature/],
      [{ ...good, headers: headers({ ...good.headers, lockstep_key: '__proto__' }) }, /not believed/],
      [{ ...good, body: Buffer.alloc(300_000) }, /^has 300000 bytes; at most 262144 are read$/],
      [{ ...good, body: Buffer.alloc(0), dropped: 17_000_000 }, /^has 17000000 bytes/],
      [arrived({ ...document, repository: 'api' }), /^is an order for api on the queue of website$/],
    ]
    for (const [message, why] of cases) expect(read(message)).to.have.property('why').that.matches(why)
  })

  const odd: [what: string, change: object][] = [
    ['another version', { schema: 'lockstep/build-order/2' }],
    ['a message of the bus', { schema: 'lockstep/bus/1' }],
    ['a key more', { env: { PATH: '/evil' } }],
    ['a build that is a path', { build: '../../etc' }],
    ['a build that is an option', { build: '-rf' }],
    ['a commit that is an option', { commit: '--upload-pack=evil' }],
    ['a commit that is short', { commit: 'abc' }],
    ['a ref that is an option', { ref: '--evil' }],
    ['a ref with a line feed', { ref: 'refs/heads/a\nb' }],
    ['a ref of a pull request', { ref: 'refs/pull/1/head' }],
    ['a ref of 2,000 characters', { ref: `refs/heads/${'a'.repeat(2_000)}` }],
    ['no command', { command: [] }],
    ['a command with NUL', { command: ['a\0b'] }],
    ['a command that is no list', { command: 'npm test' }],
    ['no limit', { within: Infinity }],
    ['a limit below zero', { within: -1 }],
    ['a limit of a year', { within: 365 * 86_400_000 }],
    ['a repository that is a path', { repository: '../website' }],
  ]
  for (const [what, change] of odd)
    it(`are refused with ${what}, also where the key is right`, () => {
      expect(read(arrived({ ...document, ...change }))).to.have.property('why')
    })

  it('say of which build they claim to be where a stranger has signed them', () => {
    const { build, repository, commit } = ORDER
    expect(read(arrived(document, stranger))).to.deep.include({ claimed: { build, repository, commit } })
    for (const odd of [{ schema: 'lockstep/bus/1' }, { ...document, build: '../../evil' }, null])
      expect(read(arrived(odd, stranger))).to.have.property('claimed', undefined)
  })

  it('are never read out of bytes that nobody has signed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 500 }),
        fc.dictionary(fc.string(), fc.string()),
        (bytes, fields) => {
          const message = { headers: headers({ ...fields, lockstep_key: own.id }), body: Buffer.from(bytes) }
          expect(read(message)).to.have.property('why')
        },
      ),
    )
  })

  it('are read, or refused in words, from any JSON that is signed', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(read(arrived(JSON.parse(json) as unknown))).to.have.property('why')
      }),
    )
  })
})

describe('reports of builds on a queue', () => {
  const report = greenReport('b1')

  it('come as they were sent, with the name of who signed them', () => {
    const taken: RunnerReport = { event: 'taken', build: 'b1', repository: 'website', commit: COMMIT }
    const red: RunnerReport = { ...report, result: 'failed', why: 'make exited with 2' }
    const dropped: RunnerReport = { ...taken, event: 'dropped' }
    for (const each of [report, taken, dropped, red])
      expect(readReport(arrived(documentOfReport(each, 0)), believed)).to.deep.equal({
        runner: 'ann',
        report: each,
      })
  })

  it('have the end of a long output, and the beginning of a long reason', () => {
    const end = Buffer.from(`${'x'.repeat(100_000)}the end`)
    const why = 'y'.repeat(5_000)
    const long = { ...report, result: 'failed', why, output: { end, bytes: end.length, path: '/o' } } as const
    const read = parseReport(documentOfReport(long, 0))
    if (read?.event !== 'ended') throw new Error('it is no end')
    expect(read.output.end.toString())
      .to.match(/^x+the end$/)
      .and.have.length(65_536)
    expect(read.output.bytes).to.equal(100_007)
    expect(read.why).to.have.length(1_000)
  })

  it('never say of a build that it has succeeded for a reason, or failed for none', () => {
    const document = documentOfReport(report, 0)
    for (const change of [
      { why: 'but' },
      { result: 'failed' },
      { result: 'passed' },
      { gone: true },
      { event: 'over' },
      { seconds: -1 },
      { seconds: null },
      { output: null },
      { commit: 'A'.repeat(40) },
      { schema: 'lockstep/build-report/2' },
      { more: 1 },
    ])
      expect(parseReport({ ...document, ...change }), JSON.stringify(change)).to.equal(undefined)
  })

  it('count for the repositories of their runner alone', () => {
    const message = arrived(documentOfReport(report, 0))
    const limited = (repositories: string[]) =>
      new Map([...believed].map(([id, runner]) => [id, { ...runner, repositories }]))
    expect(readReport(message, limited(['website', 'api']))).to.have.property('runner', 'ann')
    expect(readReport(message, limited(['api']))).to.deep.equal({
      why: 'is signed by ann, whose results do not count for website',
      ended: 'b1',
    })
  })

  it('count for nothing when another key has signed them', () => {
    expect(readReport(arrived(documentOfReport(report, 0), stranger), believed)).to.have.property('why')
  })

  it('tell of a stranger that an order is off its queue, where they tell of an end', () => {
    const by = (document: unknown, key = stranger) => readReport(arrived(document, key), believed)
    expect(by(documentOfReport(report, 0))).to.have.property('ended', 'b1')
    const { build, repository, commit } = report
    const taken = documentOfReport({ event: 'taken', build, repository, commit }, 0)
    for (const odd of [by(taken), by({ schema: 'lockstep/bus/1' }), by(null)])
      expect(odd).to.have.property('ended', undefined)
    const changed = { ...arrived(documentOfReport(report, 0)), body: Buffer.from('{}') }
    expect(readReport(changed, believed)).to.have.property('ended', undefined)
  })
})
