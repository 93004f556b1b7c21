import { chmodSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { cucumber } from '../cucumber_process'
import { Scratch } from '../scratch'
import { startHaproxy, type RealHaproxy } from './haproxy'
import { Load } from './load'
import { WebServer } from './web_server'
import { CLASS, DB, WEB, WebsitePipeline } from './website_pipeline'

const DEPLOY = (tag: string) => `Feature: Deploy the website
  Background:
    Given the load balancer is the haproxy backend www
    And I want to update hosts with class ${CLASS}
    And I want to pre-discover how many hosts to update
    And there should be exactly 3 hosts
    And the repository website
    And the tag ${tag}
    And the tag should have passed its tests
    Then every host should have the tag

  Scenario Outline: The website on <wave>
    Given I take <wave>
    When I drain the load balancer within 20 seconds
    Then traffic from the load balancer should be blocked
    When I deploy the tag
    Then the deployed tag should be ${tag}
    And the working tree should be unchanged
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked

    Examples:
      | wave     |
      | 1 host   |
      | 1 host   |
      | the rest |
`

describe('the whole way from a push to three web servers behind HAProxy', function () {
  this.timeout(400_000)
  const places = new Scratch()
  let servers: WebServer[] = []
  let haproxy: RealHaproxy | undefined
  let way: WebsitePipeline | undefined
  let first = ''

  const pipeline = () => way ?? expect.fail('it was not started')
  const failing = (host: string) => join(places.path, `${host}.fails`)
  /** Returns the commits that the web hosts serve, as their links say. */
  const served = () => WEB.map((host) => basename(readlinkSync(join(pipeline().folder(host), 'current'))))
  const rollOut = async (tag: string) => {
    const { path } = pipeline().scratch
    writeFileSync(join(path, `${tag}.feature`), DEPLOY(tag))
    const env = { LOCKSTEP_ENVIRONMENT: 'test', LOCKSTEP_STATE: 'state' }
    await haproxyIsUp()
    const load = new Load(haproxy?.port ?? 0)
    const run = await cucumber(['-p', 'live', `${tag}.feature`], path, env)
    return { run, load: await load.stop() }
  }
  /** This process is also the web servers: its looks with other programs may have made HAProxy take them for down. */
  const haproxyIsUp = async () => {
    for (
      const end = Date.now() + 30_000;
      Date.now() < end;
      await new Promise((done) => setTimeout(done, 500))
    ) {
      const probe = new Load(haproxy?.port ?? 0)
      await new Promise((done) => setTimeout(done, 500))
      if ((await probe.stop()).failed === 0) return
    }
    throw new Error('HAProxy has no web server that is up')
  }

  before(async () => {
    // The scripts of the hosts run as another user, and look for files in there.
    chmodSync(places.path, 0o755)
    servers = await Promise.all(WEB.map((name) => WebServer.start(name)))
    haproxy = await startHaproxy(places, { backend: 'www', servers })
    way = await WebsitePipeline.start({
      haproxy: `haproxy: [{ socket: ${haproxy.socket} }]`,
      scripts: (host) => {
        const server = servers[WEB.indexOf(host)]
        const restart = server === undefined ? 'true' : `curl -fsS ${server.restartUrl} >/dev/null`
        return { pre: 'true', post: `[ ! -e ${failing(host)} ] || { echo "no room"; exit 7; }\n${restart}` }
      },
    })
  })
  after(async () => {
    await way?.stop()
    await haproxy?.stop()
    await Promise.all(servers.map((server) => server.stop()))
    places.remove()
  })

  it('is begun by a push while the broker is down, and tests that fail are all that comes of it', async () => {
    await pipeline().broker.kill()
    const red = pipeline().push('v1', 'exit 3')
    await pipeline().until('it has failed', () => pipeline().shown(red)?.build?.state === 'failed')
    expect(pipeline().shown(red)?.fetches).to.deep.equal([])
  })

  it('goes on when the tests pass, and loses nothing by the broker that is away', async () => {
    first = pipeline().push('v2', 'exit 0')
    await pipeline().until('it has passed', () => pipeline().shown(first)?.build?.state === 'succeeded')
    expect(pipeline().holders('v2', first)).to.deep.equal([])
    await pipeline().broker.restart()
    await pipeline().untilEverywhere(first)
  })

  it('is fetched by exactly the hosts of the class', () => {
    expect(pipeline().holders('v2', first)).to.deep.equal(WEB)
    expect(DB.some((host) => pipeline().holders('v1', first).includes(host))).to.equal(false)
  })

  it('is deployed in waves without the git server, and not one request fails', async () => {
    await pipeline().stopGit()
    const { run, load } = await rollOut('v2')
    expect(run.exitCode, run.stdout).to.equal(0)
    expect(served()).to.deep.equal([first, first, first])
    expect(load.failures, `${load.failed} of ${load.requests}`).to.deep.equal([])
    expect(load.requests).to.be.above(100)
    expect(run.report?.outOfRotation).to.deep.equal([])
  })

  it('refuses a tag whose tests have failed, which hosts have fetched beside the other', async () => {
    const red = await rollOut('v1')
    expect(red.run.exitCode, red.run.stdout).to.equal(6)
    expect(red.run.stdout.replace(/\s+/g, ' ')).to.match(
      /v1 \(\w+\) of website cannot be said to have passed its tests: they failed/,
    )
    expect(served()).to.deep.equal([first, first, first])
  })

  it('stops where a post script fails, with that host named and out of rotation, and the others in service', async () => {
    pipeline().startGit()
    const second = pipeline().push('v3', 'exit 0 # 3')
    await pipeline().untilEverywhere(second)
    await pipeline().stopGit()
    writeFileSync(failing('web2.example.net'), '')
    const { run, load } = await rollOut('v3')
    const said = run.stdout.replace(/\s+/g, ' ')
    expect(run.exitCode, run.stdout).to.equal(1)
    expect(said).to.contain('Diverged: web2.example.net')
    expect(said).to.contain(`the commit served is ${second}, and was ${first}`)
    expect(served()).to.deep.equal([second, second, first])
    expect(run.report?.outOfRotation.map(({ host }) => host)).to.deep.equal(['web2.example.net'])
    expect(load.failures).to.deep.equal([])
    expect(pipeline().lockstep('status').text).to.contain('web2.example.net')
  })

  it('is put back by a person who has mended it, and the next rollout brings every host on', async () => {
    rmSync(failing('web2.example.net'))
    await haproxyIsUp()
    const back = pipeline().lockstep('put-back', '--all', '--environment', 'test')
    expect(back.status, back.text).to.equal(0)
    expect(pipeline().lockstep('status').text).not.to.contain('web2.example.net')
    const { run, load } = await rollOut('v3')
    expect(run.exitCode, run.stdout).to.equal(0)
    expect(new Set(served()).size).to.equal(1)
    expect(load.failures, `${load.failed} of ${load.requests}`).to.deep.equal([])
    const { text } = pipeline().lockstep('pipeline')
    expect(text).to.match(
      /tag v3 .*\n {6}on 3 of 3 .*\n {6}deployed as v3 in test by run \S+: FAILED\n {6}deployed as v3 in test by run \S+: PASSED\n/,
    )
  })
})
