import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { testedAs } from '../../pipeline/build_result'
import { Jenkins } from '../../pipeline/jenkins'
import { readPipeline } from '../../pipeline/pipeline_journal'
import { PipelineState } from '../../pipeline/pipeline_state'
import { FakeJenkins } from '../fake_jenkins'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'

const JOB = 'our team/website'
const PARAMETERS = ['PIPELINE_BUILD', 'PIPELINE_COMMIT']
const WITHIN_MS = 120_000

/** The client of OpenStack and of Debian, which is not ours. */
const CLIENT = `
import json, sys, jenkins
server = jenkins.Jenkins(sys.argv[1], username='lockstep', password='an API token')
item = server.build_job('${JOB}', {'PIPELINE_BUILD': 'b1', 'PIPELINE_COMMIT': 'c1'})
print(json.dumps([item, server.get_queue_item(item)['executable']]))
sys.stdin.readline()
number = server.get_queue_item(item)['executable']['number']
build = server.get_build_info('${JOB}', number)
print(json.dumps([number, build['building'], build['result']]))
`

describe('Jenkins, as far as its documentation and another client tell', () => {
  let scratch: Scratch
  let fake: FakeJenkins
  let serving: Running | undefined
  beforeEach(async () => {
    scratch = new Scratch()
    fake = await FakeJenkins.start()
    fake.jobs.set(JOB, PARAMETERS)
  })
  afterEach(async () => {
    await serving?.stop()
    await fake.stop()
    scratch.remove()
  })

  it('is asked at the addresses that python3-jenkins uses, and answers both alike', async () => {
    const client = execFile('/usr/bin/python3', ['-c', CLIENT, fake.url])
    const said: string[] = []
    client.stdout?.on('data', (text: string) => said.push(text))
    await untilSo(() => said.join('').includes('\n'), 'the first words of python3-jenkins')
    fake.end('SUCCESS')
    client.stdin?.write('\n')
    await untilSo(() => said.join('').split('\n').length === 3, 'the last words of python3-jenkins')
    expect(said.join('').trim().split('\n')).to.deep.equal(['[21, null]', '[1, false, "SUCCESS"]'])
    const theirs = fake.requests.splice(0).filter((request) => !request.includes('crumbIssuer'))

    const ours = new Jenkins({ url: fake.url, job: JOB, user: fake.user, token: fake.token }, fetch)
    const { signal } = new AbortController()
    const item = await ours.start({ PIPELINE_BUILD: 'b2', PIPELINE_COMMIT: 'c2' }, signal)
    await ours.item(item, signal)
    fake.end('SUCCESS')
    await ours.item(item, signal)
    await ours.build(2, signal)
    const asTheirs = fake.requests.map((each) =>
      each.replace(`/${item}/`, '/21/').replace('/2/api', '/1/api'),
    )
    expect(asTheirs).to.deep.equal(theirs)
    await untilSo(() => client.exitCode !== null, 'the end of python3-jenkins')
    expect(client.exitCode).to.equal(0)
  })

  it('tests each commit once, while lockstep serve is killed at every turn', async () => {
    const website = new GitRepository(scratch.path)
    const port = await freePort()
    scratch.write('token', fake.token, 0o600)
    scratch.write(
      'lockstep.yaml',
      `pipeline:
  spool: spool
  listen: { port: ${port} }
  repositories:
    website:
      url: ${website.url}
      branches: [main]
      trigger: [hook]
      ci: { jenkins: { url: '${fake.url}', job: ${JOB}, user: lockstep, token: { file: token } } }
`,
    )
    const log = join(scratch.path, 'serve.log')
    const lockstep = (...args: string[]) =>
      promisify(execFile)(process.execPath, [LOCKSTEP, ...args], {
        cwd: scratch.path,
        env: { ...process.env, LOCKSTEP_STATE: 'state' },
      })
    const serve = async () => {
      const args = [
        'serve',
        '--config',
        join(scratch.path, 'lockstep.yaml'),
        '--state',
        join(scratch.path, 'state'),
      ]
      serving = start(process.execPath, [LOCKSTEP, ...args], log)
      const isUp = async () =>
        (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.status === 200
      await untilReady('lockstep serve', serving, isUp, 120_000)
    }
    const again = async () => {
      await serving?.stop('SIGKILL')
      await serve()
    }
    const events = () => readPipeline(join(scratch.path, 'state')).events
    const tested = (commit: string) => testedAs(PipelineState.of(events()), 'website', commit)
    const until = (isSo: () => boolean, what: string) => untilSo(isSo, what, () => readFileSync(log, 'utf8'))

    await lockstep('hook', '--install', website.url)
    await serve()
    const green = website.push({ file: 'green' })
    // The answer to the start is lost, and then the process too.
    fake.isCutOff = true
    await until(() => fake.entries.length === 1, 'a start')
    await again()
    fake.isCutOff = false
    await until(() => events().some(({ type }) => type === 'build located'), 'the entry of the queue')
    await again()
    fake.begin()
    await until(() => events().filter(({ type }) => type === 'build located').length === 2, 'the build')
    await again()
    fake.end('SUCCESS', { revisions: [green] })
    await until(() => tested(green) === 'passed', 'a green commit')
    expect(fake.entries).to.have.length(1)

    const other = website.push({ file: 'other' })
    await until(() => fake.entries.length === 2, 'the next start')
    fake.end('SUCCESS', { revisions: [green] })
    await until(() => tested(other) === 'failed', 'a red commit')
    const { stdout } = await lockstep('pipeline')
    expect(stdout).to.include(`has tested ${green.slice(0, 12)} and not ${other.slice(0, 12)}`)
    expect(stdout).to.include(`see ${fake.url}/job/our%20team/job/website/2/`)
    expect(stdout).to.match(/tests passed in [\d.]+ \w+, as build 1 of its CI/)

    await lockstep('pipeline', 'website', '--again', other)
    await until(() => fake.entries.length === 3, 'another start')
    fake.end('SUCCESS', { revisions: [other] })
    await until(() => tested(other) === 'passed', 'a commit that is green now')
    expect(readFileSync(log, 'utf8')).not.to.include(fake.token)
  })
})

async function untilSo(isSo: () => boolean, what: string, told: () => string = () => ''): Promise<void> {
  for (const end = Date.now() + WITHIN_MS; !isSo(); await new Promise((done) => setTimeout(done, 100)))
    if (Date.now() > end) throw new Error(`never: ${what}\n${told()}`)
}
