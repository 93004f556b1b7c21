import { expect } from 'chai'
import { join } from 'node:path'
import { Scratch } from '../testing/scratch'
import { userOf } from './build_setting'
import { readPipelineSetting } from './pipeline_setting'

describe('the signing key of GitLab', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  function keyOf(written: string): string | undefined {
    const path = scratch.write(
      'lockstep.yaml',
      `pipeline:
  repositories:
    website:
      url: /srv/git/website.git
      branches: [main]
      trigger: [{ gitlab: { signing_key: { env: KEY } } }]
`,
    )
    const [repository] = readPipelineSetting(path, { env: { KEY: written } })?.repositories ?? []
    const [trigger] = repository?.triggers ?? []
    return trigger?.kind === 'gitlab' ? trigger.signingKey : undefined
  }

  it('is the base64 that GitLab shows, or a text of its own', () => {
    for (const key of [
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
      'a text',
    ])
      expect(keyOf(key)).to.equal(key)
  })

  it('is refused where it is not whole: what is left of it may be a key that everybody has', () => {
    for (const key of ['whsec_', 'whsec_!!!!', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS', 'whsec_AAAA'])
      expect(() => keyOf(key), key).to.throw(
        /lockstep\.yaml:6: .*the signing key of gitlab begins with whsec_, and what follows is no base64 of 16 bytes or more; copy it whole$/,
      )
  })
})

describe('the user of builds', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  function read(...users: (string | undefined)[]) {
    const repositories = users.map((user, index) => [
      `r${index}`,
      { url: '/srv/git/x.git', branches: ['main'], trigger: ['hook'], ci: { command: ['make'], user } },
    ])
    const pipeline = { repositories: Object.fromEntries(repositories) as object }
    return readPipelineSetting(scratch.write('lockstep.yaml', JSON.stringify({ pipeline })), { env: {} })
  }

  it('brings a warning where there is none, since builds reach all of lockstep serve then', () => {
    expect(read(undefined)?.warnings.join()).to.match(
      /builds of r0 run as the user of lockstep serve, and can read its keys and write its journals; name a user/,
    )
    expect(read('builder')?.warnings).to.deep.equal([])
  })

  it('is refused where it is root, no name, or not there for all', () => {
    for (const user of ['root', '', 'a b', '-x', '../x', '0'])
      expect(() => read(user), user).to.throw(/a user that runs builds and nothing else, and is not root/)
    expect(() => read('builder', undefined)).to.throw(/a build without one could write their results/)
    expect(read('builder', 'other')?.repositories.map(({ build }) => userOf(build))).to.deep.equal([
      'builder',
      'other',
    ])
  })
})

describe('what follows a success', () => {
  const scratch = new Scratch()
  after(() => scratch.remove())

  const WHOLE = {
    tags: '[v*]',
    ci: '{ command: [npm, test] }',
    hosts: '{ class: roles::website }',
    after_success: '{ test: fetch, production: nothing }',
  }
  function fetchesOf(more: Partial<Record<keyof typeof WHOLE, string | undefined>> = {}) {
    const keys = Object.entries({ ...WHOLE, ...more })
      .flatMap(([key, value]) => (value === undefined ? [] : [`      ${key}: ${value}\n`]))
      .join('')
    const path = scratch.write(
      'lockstep.yaml',
      `environments: { test: { client_config: a }, production: { client_config: b } }
pipeline:
  repositories:
    website:
      url: /srv/git/website.git
      branches: [main]
      trigger: [hook]
${keys}`,
    )
    return readPipelineSetting(path, { env: {} })?.repositories[0]?.fetches
  }

  it('is a fetch by the hosts of a class, in the environments that say so', () => {
    expect(fetchesOf()).to.deep.equal([{ environment: 'test', hostClass: 'roles::website' }])
    expect(fetchesOf({ after_success: undefined })).to.deep.equal([])
    expect(fetchesOf({ after_success: '{ test: nothing }', ci: undefined })).to.deep.equal([])
  })

  it('keeps the client.cfg of each environment from builds', () => {
    fetchesOf()
    const path = join(scratch.path, 'lockstep.yaml')
    expect(readPipelineSetting(path, { env: {} })?.secretFiles).to.deep.equal(
      ['a', 'b'].map((name) => join(scratch.path, name)),
    )
  })

  it('is refused where it could never be, with the place and what to write', () => {
    const refusals: [Parameters<typeof fetchesOf>[0], RegExp][] = [
      [
        { after_success: '{ tset: fetch }' },
        /:11: .*there is no environment tset; expected one of: test, production$/,
      ],
      [{ hosts: undefined }, /:10: .*which hosts fetch is not said; expected beside it hosts/],
      [{ ci: undefined }, /:10: .*nothing is tested, and so nothing ever succeeds; expected beside it ci/],
      [{ tags: undefined }, /:10: .*hosts fetch tags alone; expected beside it tags/],
      [{ after_success: '{ test: deploy }' }, /nothing, fetch, plan, approval or run without approval/],
      [{ hosts: '{ class: "a b" }' }, /a class, such as roles::website/],
    ]
    for (const [more, why] of refusals) expect(() => fetchesOf(more), String(why)).to.throw(why)
  })
})

describe('the package repositories of a pipeline', () => {
  const scratch = new Scratch()
  after(() => scratch.remove())

  const read = (pipeline: string) => {
    const path = scratch.write(
      'lockstep.yaml',
      `environments: { test: { client_config: a }, production: { client_config: b } }\npipeline: ${pipeline}\n`,
    )
    return readPipelineSetting(path, { env: {} })
  }

  it('need no repository of git beside them', () => {
    const hosts = 'hosts: { class: roles::base }'
    const settings = read(
      `{ packages: { apt: { ${hosts}, environments: [test, test] }, own: { ${hosts}, distributions: [stable], environments: [production] } } }`,
    )
    expect(settings?.repositories).to.deep.equal([])
    const on = { hostClass: 'roles::base' }
    expect(settings?.packages).to.deep.equal([
      { name: 'apt', ...on, environments: ['test'], distributions: undefined },
      { name: 'own', ...on, environments: ['production'], distributions: ['stable'] },
    ])
  })

  it('are refused where no host could ever be asked', () => {
    const refusals: [string, RegExp][] = [
      ['{}', /:2: .*there is nothing to follow; expected repositories, packages or both$/],
      ['{ packages: { apt: { environments: [test] } } }', /hosts/],
      ['{ packages: { apt: { hosts: { class: x }, environments: [] } } }', /a list of names of environments/],
      [
        '{ packages: { apt: { hosts: { class: x }, environments: [tset] } } }',
        /:2: .*there is no environment tset; expected one of: test, production$/,
      ],
      ['{ packages: { Apt: { hosts: { class: x }, environments: [test] } } }', /a name of small letters/],
    ]
    for (const [pipeline, why] of refusals) expect(() => read(pipeline), pipeline).to.throw(why)
  })
})

describe('the url of a repository', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  it('brings a warning where a password is written in it, without the password', () => {
    const warningsOf = (url: string) => {
      const repository = `{ url: '${url}', branches: [main], trigger: [hook] }`
      const path = scratch.write('lockstep.yaml', `pipeline:\n  repositories:\n    website: ${repository}\n`)
      return readPipelineSetting(path, { env: {} })?.warnings ?? []
    }
    const [warning] = warningsOf('https://deploy:s3cret-word@git.example.net/website.git')
    expect(warning)
      .to.match(/lockstep\.yaml:3: .*list of processes.*\.netrc$/)
      .and.not.contain('s3cret-word')
    for (const url of ['https://deploy@git.example.net/website.git', 'https://git.example.net:8443/a@b.git'])
      expect(warningsOf(url)).to.deep.equal([])
  })
})

describe('the reports of another CI', () => {
  const scratch = new Scratch()
  after(() => scratch.remove())
  const env = { OWN: 'the secret of the website', OTHER: 'the secret of the api', SHORT: 'fifteen letters' }

  function read(ci: object, { trigger = ['hook'], other }: { trigger?: unknown[]; other?: object } = {}) {
    const website = { url: '/srv/git/x.git', branches: ['main'], trigger, ci }
    const api = other && { url: '/srv/git/y.git', branches: ['main'], trigger: ['hook'], ci: other }
    const pipeline = { repositories: { website, ...(api && { api }) } }
    return readPipelineSetting(scratch.write('lockstep.yaml', JSON.stringify({ pipeline })), { env })
  }
  const reports = (name: string) => ({ reports: { secret: { env: name } } })

  it('are waited for two hours, or as long as is written', () => {
    expect(read(reports('OWN'))?.repositories[0]?.build).to.deep.equal({
      kind: 'reports',
      secret: env.OWN,
      within: 7_200_000,
    })
    expect(
      read({ reports: { secret: { env: 'OWN' }, within: '5 minutes' } })?.repositories[0]?.build,
    ).to.include({ within: 300_000 })
    expect(read(reports('OWN'), { other: reports('OTHER') })?.warnings).to.deep.equal([])
  })

  it('have a secret that proves nothing else', () => {
    expect(() => read(reports('OWN'), { other: reports('OWN') })).to.throw(
      /the secret of reports is also that of the reports of api; expected one that signs these reports and nothing else/,
    )
    for (const trigger of [
      { github: { secret: { env: 'OWN' } } },
      { gitea: { secret: { env: 'OWN' } } },
      { hmac: { secret: { env: 'OWN' } } },
      { gitlab: { token: { env: 'OWN' } } },
      { gitlab: { signing_key: { env: 'OWN' } } },
    ])
      expect(() => read(reports('OWN'), { trigger: [trigger] }), JSON.stringify(trigger)).to.throw(
        /is also that of the trigger \w+ of website/,
      )
    expect(() => read(reports('SHORT'))).to.throw(/is too short; expected 16 characters or more/)
  })

  it('stand beside no command', () => {
    for (const ci of [{}, { ...reports('OWN'), command: ['make'] }, { ...reports('OWN'), user: 'builder' }])
      expect(() => read(ci), JSON.stringify(ci)).to.throw(/expected one of: command, .* or reports, alone/)
    expect(() => read({ reports: {} })).to.throw(/secret/)
  })
})

describe('the Jenkins of a repository', () => {
  const scratch = new Scratch()
  after(() => scratch.remove())
  const JENKINS = {
    url: 'https://ci.example.net/jenkins/',
    job: 'team/website',
    user: 'lockstep',
    token: { env: 'TOKEN' },
  }

  function read(jenkins: object) {
    const website = { url: '/srv/git/x.git', branches: ['main'], trigger: ['hook'], ci: { jenkins } }
    const path = scratch.write('lockstep.yaml', JSON.stringify({ pipeline: { repositories: { website } } }))
    return readPipelineSetting(path, { env: { TOKEN: 'an API token' } })?.repositories[0]?.build
  }

  it('has an address, a job, a user and a token', () => {
    expect(read({ ...JENKINS, parameters: { TARGET: 'x' } })).to.deep.equal({
      kind: 'jenkins',
      url: 'https://ci.example.net/jenkins',
      job: 'team/website',
      user: 'lockstep',
      token: 'an API token',
      within: 7_200_000,
      parameters: { TARGET: 'x' },
    })
  })

  it('is refused where an address or a name leads elsewhere', () => {
    for (const url of [
      'ftp://ci',
      'https://a:b@ci.example.net',
      'https://ci/?x',
      'https://ci/#x',
      'ci.example.net',
    ])
      expect(() => read({ ...JENKINS, url }), url).to.throw(/expected the address of Jenkins/)
    for (const job of ['', '/a', 'a/', '..', 'a/../b', './a'])
      expect(() => read({ ...JENKINS, job }), job).to.throw(/expected the name of a job/)
    expect(() => read({ ...JENKINS, user: 'a:b' })).to.throw(/expected the name of a user/)
    expect(() => read({ ...JENKINS, parameters: { PIPELINE_COMMIT: 'x' } })).to.throw(/PIPELINE_/)
  })
})
