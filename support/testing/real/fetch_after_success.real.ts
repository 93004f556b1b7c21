import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { cucumber } from '../cucumber_process'
import { start } from './processes'
import { LOCKSTEP } from './program'
import { CLASS, DB, WEB, WebsitePipeline } from './website_pipeline'

describe('a commit that has passed its tests, on its way to six hosts with our daemon', function () {
  this.timeout(400_000)
  let way: WebsitePipeline | undefined
  const pipeline = () => way ?? expect.fail('it was not started')
  const folder = (host: string) => pipeline().folder(host)
  const at = (name: string) => join(pipeline().scratch.path, name)

  before(async () => {
    way = await WebsitePipeline.start({
      scripts: () => ({ pre: 'touch $FOLDER/ran', post: '[ ! -e $FOLDER/fails ]' }),
    })
  })
  after(() => way?.stop())

  it('is fetched by exactly the three hosts of the class, and a failed one by none', async () => {
    const red = pipeline().push('v1', 'exit 3')
    await pipeline().until('red', () => pipeline().shown(red)?.build?.state === 'failed')
    expect(DB.concat(WEB).some((host) => existsSync(join(folder(host), 'repository.git')))).to.equal(false)
    expect(pipeline().shown(red)?.fetches).to.deep.equal([])
    const green = pipeline().push('v2', 'exit 0')
    await pipeline().untilEverywhere(green)
    expect(pipeline().holders('v2', green)).to.deep.equal(WEB)
    expect(DB.some((host) => existsSync(join(folder(host), 'repository.git')))).to.equal(false)
    expect(pipeline().lockstep('pipeline').text).to.match(/on 3 of 3 hosts of test/)
    expect(pipeline().shown(red)?.fetches).to.deep.equal([])
  })

  it('is missing by name on a host that is off, and comes to it once that is back', async () => {
    await pipeline().stopDaemon('web3.example.net')
    const green = pipeline().push('v3', 'exit 0 # 3')
    await pipeline().until('two have it', () => pipeline().answered(green)?.has.count === 2)
    expect(pipeline().lockstep('pipeline').text).to.match(
      /on 2 of 3 hosts of test.*; missing: web3\.example\.net: no answer/,
    )
    expect(pipeline().holders('v3', green)).to.deep.equal(WEB.slice(0, 2))
    await pipeline().startDaemon('web3.example.net')
    await pipeline().untilEverywhere(green)
    expect(pipeline().holders('v3', green)).to.deep.equal(WEB)
  })

  it('goes on to hosts after kill -9 of lockstep serve', async () => {
    await pipeline().stopDaemon('web2.example.net')
    const green = pipeline().push('v4', 'exit 0 # 4')
    await pipeline().until('it is begun', () => pipeline().shown(green)?.fetches.length === 1)
    await pipeline().killServe()
    await pipeline().startDaemon('web2.example.net')
    await pipeline().serve()
    await pipeline().untilEverywhere(green)
    expect(pipeline().holders('v4', green)).to.deep.equal(WEB)
  })

  it('is missing with the reason of each host while the git server is away, and comes later', async () => {
    await pipeline().stopGit()
    const green = pipeline().push('v5', 'exit 0 # 5')
    await pipeline().until(
      'all fail',
      () => pipeline().answered(green)?.missing[0]?.why.includes('unable to connect') === true,
    )
    expect(pipeline().answered(green)?.has.count).to.equal(0)
    expect(pipeline().lockstep('pipeline').text).to.match(
      /on 0 of 3 hosts of test.*unable to connect to 127\.0\.0\.1/,
    )
    pipeline().startGit()
    await pipeline().untilEverywhere(green)
    expect(pipeline().holders('v5', green)).to.deep.equal(WEB)
  })

  it('has run no script and deployed nothing', () => {
    const left = (name: string) => [...WEB, ...DB].filter((host) => existsSync(join(folder(host), name)))
    expect([left('ran'), left('current')]).to.deep.equal([[], []])
  })

  it('is fetched again by a host that has lost it, once lockstep serve asks again', async () => {
    const [commit = ''] = pipeline()
      .commits()
      .flatMap((each) => (each.fetches.length > 0 ? [each.commit] : []))
    rmSync(join(folder('web1.example.net'), 'repository.git'), { recursive: true })
    expect(pipeline().holders('v5', commit)).to.deep.equal(WEB.slice(1))
    await pipeline().killServe()
    await pipeline().serve()
    await pipeline().until('it is back', () => pipeline().holders('v5', commit).length === 3)
  })

  it('is shown with the rollouts that carried it, each with its own verdict', async () => {
    const deploy = (name: string) => {
      writeFileSync(
        at(name),
        `Feature: Deploy v5
  Background:
    Given I want to update hosts with class ${CLASS}
    And there should be exactly 3 hosts
    And the repository website
    And the tag v5
    And the tag should have passed its tests
  Scenario: Deploy
    When I deploy the tag
    Then the deployed tag should be v5
`,
      )
      const env = { LOCKSTEP_ENVIRONMENT: 'test', LOCKSTEP_STATE: 'state' }
      return cucumber(['-p', 'live', name], pipeline().scratch.path, env)
    }
    for (const host of WEB) writeFileSync(join(folder(host), 'fails'), '')
    const failed = await deploy('one.feature')
    expect(failed.exitCode, failed.stdout).to.equal(1)
    for (const host of WEB) rmSync(join(folder(host), 'fails'))
    const passed = await deploy('two.feature')
    expect(passed.exitCode, passed.stdout).to.equal(0)
    const { text } = pipeline().lockstep('pipeline')
    expect(text).to.match(
      /tag v5 .*\n {6}on 3 of 3 .*\n {6}deployed as v5 in test by run \S+: FAILED\n {6}deployed as v5 in test by run \S+: PASSED\n/,
    )
    expect(text.match(/deployed as/g)).to.have.length(2)
  })

  it('is told as it happens, over a restart of lockstep serve, until the person ends it', async () => {
    const log = at('follow.log')
    const following = start(
      'sh',
      ['-c', `cd ${at('.')} && exec ${process.execPath} ${LOCKSTEP} pipeline website --follow --state state`],
      log,
    )
    const said = () => readFileSync(log, 'utf8')
    // It has no line of its own at its start: pushes are made until it has told of one.
    let heard = 0
    await pipeline().until('it follows', () => {
      pipeline().push(`v6.${(heard += 1)}`, `exit 0 # 6 ${heard}`)
      for (const end = Date.now() + 5_000; Date.now() < end && said() === '';) pipeline().lockstep('pipeline')
      return said() !== ''
    })
    await pipeline().killServe()
    await pipeline().serve()
    const green = pipeline().push('v7', 'exit 0 # 7')
    await pipeline().until('it tells the last', () =>
      said().includes(`website: v7 (${green.slice(0, 12)}) is on 3 of 3 hosts of test\n`),
    )
    expect(said()).to.contain(`website: the tests of ${green.slice(0, 12)} on`)
    expect(said()).to.contain(`website: the hosts of test are to fetch v7 (${green.slice(0, 12)})`)
    const ended = new Promise((resolve) => following.child.once('exit', (code) => resolve(code)))
    following.child.kill('SIGINT')
    expect(await ended).to.equal(0)
  })
})
