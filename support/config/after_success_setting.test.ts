import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { readPipelineSetting, readSpoolSetting } from './pipeline_setting'

describe('what is planned and rolled out after a success', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
    mkdirSync(join(scratch.path, 'features'))
    scratch.write('features/website.feature', 'Feature: Website\n')
  })
  afterEach(() => scratch.remove())

  const WHOLE = {
    tags: '[v*]',
    ci: '{ command: [npm, test], user: builder }',
    hosts: '{ class: roles::website }',
    deploy: 'features/website.feature',
    after_success: '{ test: plan, production: approval }',
  }
  function write(more: Partial<Record<keyof typeof WHOLE, string | undefined>> = {}): string {
    const keys = Object.entries({ ...WHOLE, ...more })
      .flatMap(([key, value]) => (value === undefined ? [] : [`      ${key}: ${value}\n`]))
      .join('')
    return scratch.write(
      'lockstep.yaml',
      `environments: { test: { client_config: a }, production: { client_config: b } }
pipeline:
  repositories:
    website:
      url: /srv/git/website.git
      trigger: [hook]
${keys}`,
    )
  }
  const read = (more: Parameters<typeof write>[0] = {}) =>
    readPipelineSetting(write(more), { env: {} })?.repositories[0]

  it('is a feature for each environment that says so, and all of these fetch', () => {
    const { deploys, fetches } = read() ?? {}
    const website = { feature: 'features/website.feature', variable: 'tag', within: 600_000 }
    expect(deploys).to.deep.equal([
      { environment: 'test', ...website, approval: 'none' },
      { environment: 'production', ...website, approval: 'person' },
    ])
    expect(fetches?.map(({ environment }) => environment)).to.deep.equal(['test', 'production'])
    expect(read({ after_success: '{ test: fetch }', deploy: undefined })?.deploys).to.deep.equal([])
  })

  it('has a variable and a time of its own where that is said, and no approval in so many words', () => {
    const deploy = '{ feature: ./features/website.feature, variable: release, within: 1 minute }'
    expect(read({ deploy, after_success: '{ test: run without approval }' })?.deploys).to.deep.equal([
      {
        environment: 'test',
        feature: 'features/website.feature',
        variable: 'release',
        within: 60_000,
        approval: 'configuration',
      },
    ])
  })

  it('makes a unit that outlives rollouts, only where there are some', () => {
    expect(readSpoolSetting(write())?.rollsOut).to.equal(true)
    expect(readSpoolSetting(write({ after_success: '{ test: plan }' }))?.rollsOut).to.equal(false)
  })

  it('is refused where it could not be, with the place and what to write', () => {
    symlinkSync('/etc/hostname', join(scratch.path, 'features', 'link.feature'))
    const refusals: [Parameters<typeof write>[0], RegExp][] = [
      [{ deploy: undefined }, /:10: .*which feature deploys is not said; expected beside it deploy/],
      [{ deploy: '../other.feature' }, /:10: \.\.\/other\.feature lies outside the folder of lockstep\.yaml/],
      [{ deploy: '/etc/x.feature' }, /:10: \/etc\/x\.feature lies outside/],
      [{ deploy: 'features/link.feature' }, /:10: features\/link\.feature is a link, and leads outside/],
      [{ deploy: 'features/none.feature' }, /:10: there is no file \S+features\/none\.feature/],
      [{ deploy: '{ feature: features/none.feature }' }, /:10: there is no file/],
      [{ deploy: 'features/*.feature' }, /:10: .*of letters, digits, \., - and _/],
      [{ deploy: '-x.feature' }, /:10: .*of letters, digits/],
      [{ deploy: '{ feature: features/website.feature, variable: "a b" }' }, /the name of a variable/],
      [{ ci: undefined }, /:10: .*nothing is tested/],
      [{ tags: undefined }, /nothing would ever start/],
      [{ hosts: undefined }, /:10: .*which hosts fetch is not said/],
      [{ after_success: '{ stage: plan }' }, /:11: .*there is no environment stage/],
      [{ after_success: '{ test: live }' }, /nothing, fetch, plan, approval or run without approval/],
      [
        { ci: '{ command: [make] }' },
        /:11: .*could forge what is approved; expected a user of their own, as in ci: \{ user: lockstep-build \}/,
      ],
      [
        { ci: '{ command: [make] }', after_success: '{ test: run without approval }' },
        /:11: .*could forge what is approved/,
      ],
    ]
    for (const [more, why] of refusals) expect(() => read(more), String(why)).to.throw(why)
    expect(read({ ci: '{ command: [make] }', after_success: '{ test: plan }' })?.deploys).to.have.length(1)
  })
})
