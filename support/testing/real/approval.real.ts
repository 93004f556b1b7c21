import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { HostLocks, lockSurroundings } from '../../locks/host_locks'
import { ApprovedWebsite, deployFeature } from './approved_website'
import { WEB } from './website_pipeline'

describe('a plan that a person approves, on its way to three hosts with our daemon', function () {
  this.timeout(600_000)
  let started: ApprovedWebsite | undefined
  let first = ''

  const site = () => started ?? expect.fail('it was not started')
  const all = (commit: string) => [commit, commit, commit]

  before(async function () {
    if (process.getuid?.() !== 0) this.skip()
    started = await ApprovedWebsite.start(`lsapprove${process.pid}`)
  })
  after(() => started?.stop())

  it('is made once all hosts have fetched what has passed, and nothing is deployed without approval', async () => {
    const red = site().pipeline.push('v1', 'exit 3')
    await site().pipeline.until('it has failed', () => site().pipeline.shown(red)?.build?.state === 'failed')
    first = site().pipeline.push('v2', 'exit 0')
    const plan = await site().untilPlanned(first)
    expect(plan).to.match(/^[0-9a-f]{12}$/)
    expect(site().pipeline.shown(red)?.plans).to.deep.equal([])
    expect(site().pipeline.lockstep('pipeline').text).to.match(
      new RegExp(`planned for test as ${plan}: 3 changes to 3 hosts; waits for approval`),
    )
    expect(site().served()).to.deep.equal(all('nothing'))
  })

  it('is refused under a name that no plan has', () => {
    const { status, text } = site().approve('0123456789ab')
    expect(status).to.equal(2)
    expect(text).to.match(
      /no plan of website is called "0123456789ab"; expected one that waits for approval: \w+ for test/,
    )
  })

  it('is rolled out once it is approved, by name, and is good for one rollout', async () => {
    const plan = site().planOf(first)?.plan ?? ''
    expect(site().approve(plan).status).to.equal(0)
    expect(await site().untilRolledOut(first)).to.include({ state: 'succeeded', verdict: 'PASSED' })
    expect(site().served()).to.deep.equal(all(first))
    expect(site().planOf(first)?.approved?.by).to.equal('root')
    const again = site().approve(plan)
    expect(again.status, again.text).to.equal(6)
    expect(again.text).to.match(
      /cannot be approved: it was approved already by root at .*, and the rollout \S+ was begun/,
    )
    expect(site().liveRuns()).to.equal(1)
  })

  it('is refused by the rollout, by name, where the feature was changed behind the plan', async () => {
    const third = site().pipeline.push('v4', 'exit 0 # 4')
    const plan = await site().untilPlanned(third)
    await site().pipeline.killServe()
    writeFileSync(
      site().at('deploy.feature'),
      deployFeature('    And the working tree should be unchanged\n'),
    )
    expect(site().approve(plan).status).to.equal(0)
    await site().pipeline.serve()
    const rollout = await site().untilRolledOut(third)
    expect(rollout).to.include({ state: 'failed', verdict: 'REFUSED' })
    expect(rollout?.why).to.match(
      new RegExp(`the plan ${plan} is not what would be done now: deploy\\.feature was changed`),
    )
    expect(site().served()).to.deep.equal(all(first))
    expect(site().pipeline.lockstep('pipeline', 'website', '--plan', 'test').status).to.equal(0)
    await site().pipeline.until('there is another plan', () => site().planOf(third)?.rollout === null)
    const next = await site().untilPlanned(third)
    expect(next).not.to.equal(plan)
    expect(site().approve(next).status).to.equal(0)
    expect(await site().untilRolledOut(third)).to.include({ state: 'succeeded' })
    expect(site().served()).to.deep.equal(all(third))
  })

  it('is refused by the rollout where code was changed behind the look of lockstep serve', async () => {
    const cucumber = readFileSync(site().at('cucumber.js'), 'utf8')
    // The rollout itself changes code while it loads that: nothing comes between the look and this.
    const changes = `require('node:fs').writeFileSync(${JSON.stringify(site().at('changed.js'))}, '')\n`
    writeFileSync(site().at('cucumber.js'), `if (process.env.LOCKSTEP_CODE) ${changes}${cucumber}`)
    const commit = site().pipeline.push('v4.1', 'exit 0 # 4.1')
    const before = site().served()
    try {
      expect(site().approve(await site().untilPlanned(commit)).status).to.equal(0)
      const rollout = await site().untilRolledOut(commit)
      expect(rollout).to.include({ state: 'failed', verdict: 'REFUSED' })
      expect(rollout?.why).to.contain('the code beside the features is not that of the approved plan')
      expect(site().served()).to.deep.equal(before)
    } finally {
      writeFileSync(site().at('cucumber.js'), cucumber)
      rmSync(site().at('changed.js'), { force: true })
    }
  })

  it('is over once a newer commit has passed', async () => {
    const old = site().pipeline.push('v5', 'exit 0 # 5')
    const plan = await site().untilPlanned(old)
    const newer = site().pipeline.push('v6', 'exit 0 # 6')
    await site().untilPlanned(newer)
    const late = site().approve(plan)
    expect(late.status, late.text).to.equal(6)
    expect(late.text).to.contain('a newer plan was begun')
  })

  it('names the lock of another rollout, and does not try again by itself', async () => {
    const commit = site().pipeline.push('v7', 'exit 0 # 7')
    const plan = await site().untilPlanned(commit)
    const before = site().served()
    const other = new HostLocks(lockSurroundings({ LOCKSTEP_LOCKS: site().pipeline.locks }))
    const hosts = WEB.slice(1, 2)
    expect(
      await other.claim({ run: 'of-somebody-else', feature: 'x.feature', fleet: 'f', hosts }),
    ).to.deep.equal([])
    try {
      expect(site().approve(plan).status).to.equal(0)
      const rollout = await site().untilRolledOut(commit)
      expect(rollout).to.include({ state: 'failed', verdict: 'REFUSED' })
      expect(rollout?.why).to.contain('of-somebody-else')
      expect(site().served()).to.deep.equal(before)
    } finally {
      await other.release()
    }
    await site().restartWith('approval')
    expect(site().approve(plan).text).to.contain('it was approved already by root')
  })

  it('is said not to be rolled out in safe mode, with any exit status', async () => {
    await site().restartWith('approval', '    safe_mode: true\n')
    const commit = site().pipeline.push('v8', 'exit 0 # 8')
    const plan = await site().untilPlanned(commit)
    const before = site().served()
    expect(site().approve(plan).status).to.equal(0)
    const rollout = await site().untilRolledOut(commit)
    expect(rollout?.state).to.equal('failed')
    expect(rollout?.why).to.match(/Safe mode: nothing was changed/)
    expect(site().served()).to.deep.equal(before)
  })

  it('needs no person where the configuration says so, and the journal says that', async () => {
    await site().restartWith('run without approval')
    const commit = site().pipeline.push('v9', 'exit 0 # 9')
    await site().untilPlanned(commit)
    expect(await site().untilRolledOut(commit)).to.include({ state: 'succeeded', verdict: 'PASSED' })
    expect(site().planOf(commit)?.approved).to.include({ by: null })
    expect(site().served()).to.deep.equal(all(commit))
    expect(site().pipeline.lockstep('pipeline').text).to.match(
      /approved by lockstep\.yaml at \S+\n {6}rolled out to 3 hosts by run \S+: PASSED\n/,
    )
  })
})
