import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { WebEndpoint } from '../testing/web_endpoint'
import { call } from './call'

const COMMIT = 'a'.repeat(40)

describe('lockstep pipeline --report', () => {
  let scratch: Scratch
  let endpoint: WebEndpoint
  beforeEach(async () => {
    scratch = new Scratch()
    endpoint = await WebEndpoint.start()
    endpoint.answer = (response) =>
      void response.writeHead(202).end(`{"report":"${'a'.repeat(32)}","isNew":true}`)
    scratch.write('ci.key', 'a secret of the CI\n')
  })
  afterEach(async () => {
    await endpoint.stop()
    scratch.remove()
  })

  const report = (...words: string[]) =>
    call(['pipeline', ...words], scratch.path, { CI_KEY: 'another secret' })
  const whole = () => [
    'website',
    '--report',
    'failed',
    '--commit',
    COMMIT,
    '--build',
    '12',
    '--to',
    endpoint.url(''),
  ]
  const refusal = async (...words: string[]) => {
    try {
      await report(...words)
    } catch (error) {
      return (error as Error).message
    }
    return 'nothing'
  }

  it('tells of a build, with the secret of a file or a variable', async () => {
    for (const from of [
      ['--secret', 'ci.key'],
      ['--secret-env', 'CI_KEY'],
    ])
      expect(await report(...whole(), '--url', 'https://ci.example.net/12', ...from)).to.deep.equal({
        text: 'website: it is taken that build 12 of aaaaaaaaaaaa has failed.\n',
        exitCode: 0,
      })
    const [first, second] = endpoint.received.map(({ headers }) => headers['x-lockstep-signature'])
    expect(first)
      .to.match(/^sha256=/)
      .and.not.equal(second)
    expect(JSON.parse(endpoint.received[0]?.body ?? '')).to.include({
      state: 'failed',
      build: '12',
      commit: COMMIT,
    })
  })

  it('ends with 2 where it is refused', async () => {
    endpoint.answer = (response) => void response.writeHead(403).end('{"error":"there is no such trigger"}')
    const outcome = await report(...whole(), '--secret', 'ci.key')
    expect(outcome).to.include({ text: '', exitCode: 2 })
    expect('complaint' in outcome && outcome.complaint).to.match(
      /has not taken the report of build 12: it answered 403: there is no such trigger\n$/,
    )
  })

  it('says in a sentence what is missing or odd, and tells nothing', async () => {
    const key = ['--secret', 'ci.key']
    expect(await refusal('website', '--report', 'failed', ...key)).to.match(
      /^a report is of one build; say: /,
    )
    expect(await refusal(...whole())).to.match(/^expected one of --secret <file> and --secret-env/)
    expect(await refusal(...whole(), ...key, '--secret-env', 'CI_KEY')).to.match(/^expected one of/)
    expect(await refusal(...whole(), '--secret', 'none.key')).to.match(/none\.key cannot be read/)
    expect(await refusal(...whole(), '--secret-env', 'NONE')).to.equal('the secret in NONE is empty')
    expect(await refusal(...whole(), ...key, '--follow')).to.equal('--follow does not go with --report')
    expect(await refusal('website', '--commit', COMMIT)).to.equal('--commit is for --report alone')
    expect(
      await refusal('website', '--report', 'failed', '--commit', 'aaaa', '--build', '1', ...key),
    ).to.match(/^this is no report: commit is not right/)
    expect(
      await refusal(
        'website',
        '--report',
        'failed',
        '--commit',
        COMMIT,
        '--build',
        '1',
        '--to',
        'ci',
        ...key,
      ),
    ).to.match(/^--to is "ci"; expected the address of lockstep serve/)
    expect(endpoint.received).to.deep.equal([])
  })
})
