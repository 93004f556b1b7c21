import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { TEST_CERTIFICATE } from '../testing/test_certificate'
import { readPipelineSetting } from './pipeline_setting'

describe('where the results of tests are shown', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  function read(status: string, token = 't0ken-of-statuses') {
    const text = `pipeline:
  repositories:
    website:
      url: /srv/git/website.git
      branches: [main]
      trigger: [hook]
      status: ${status}
`
    const path = scratch.write('lockstep.yaml', text)
    return readPipelineSetting(path, { env: { TOKEN: token } })?.repositories[0]?.status
  }

  it('is a server, a repository there, and the secret that may tell it', () => {
    const github = '{ github: { repository: acme/website, token: { env: TOKEN } } }'
    const own = { token: 't0ken-of-statuses', context: 'lockstep' }
    expect(read(github)).to.deep.equal({
      kind: 'github',
      api: 'https://api.github.com',
      repository: 'acme/website',
      ...own,
    })
    const gitlab =
      '{ gitlab: { project: acme/web/website, token: { env: TOKEN }, api: "https://git.example.net/api/v4/", context: ci/fleet } }'
    expect(read(gitlab)).to.deep.equal({
      kind: 'gitlab',
      api: 'https://git.example.net/api/v4',
      repository: 'acme/web/website',
      ...own,
      context: 'ci/fleet',
    })
    const gitea = '{ gitea: { repository: a/b, token: { env: TOKEN }, api: "http://127.0.0.1:3000/api/v1" } }'
    expect(read(gitea)).to.deep.equal({
      kind: 'gitea',
      api: 'http://127.0.0.1:3000/api/v1',
      repository: 'a/b',
      ...own,
    })
  })

  it('may name the authorities of the server', () => {
    scratch.write('ca.pem', TEST_CERTIFICATE)
    const written = gitea('https://git.example.net').replace('a/b', 'a/b, ca: ca.pem')
    expect(read(written)?.ca).to.equal(TEST_CERTIFICATE)
    expect(() => read(written.replace('ca.pem', 'none.pem'))).to.throw(/:7: .*CA certificate .*none\.pem/)
  })

  for (const token of ['hunter2 and more', 'hunter2\nmore', 'hunter2ü'])
    it(`is refused for the token ${JSON.stringify(token)}, which is not repeated`, () => {
      expect(() => read(gitea('https://git.example.net'), token))
        .to.throw(/:7: the token of gitea has characters that no token has/)
        .with.property('message')
        .that.does.not.contain('hunter2')
    })

  for (const [what, written, expected] of [
    [
      'a token that is written out',
      '{ github: { repository: a/b, token: hunter2 } }',
      /:7: .*where the secret is/,
    ],
    [
      'a token in the clear',
      gitea('http://git.example.net'),
      /:7: .*would go there unencrypted; expected https/,
    ],
    ['a name like a loopback’s', gitea('http://127.0.0.1.example.net'), /unencrypted/],
    ['a user in the address', gitea('https://me:hunter2@git.example.net'), /where its API is/],
    ['an address that is none', gitea('https://['), /where its API is/],
    ['a query in the address', gitea('https://git.example.net/?a=b'), /where its API is/],
    ['no address', '{ gitea: { repository: a/b, token: { env: TOKEN } } }', /:7: .*api/],
    ['another server', '{ bitbucket: { repository: a/b } }', /:7: there is no setting .*status\.bitbucket/],
    ['two servers', two(), /:7: status names 2 servers; expected one of: github, gitlab, gitea$/],
    ['no server', '{}', /:7: status names 0 servers/],
    ['a repository without its owner', named('website'), /the owner and the name of the repository/],
    ['a path out of it', named('../website'), /the owner and the name of the repository/],
    ['a path beyond it', named('a/b/statuses'), /the owner and the name of the repository/],
    ['a name with a space', named('"a/b c"'), /the owner and the name of the repository/],
  ] as const)
    it(`is refused for ${what}`, () => {
      expect(() => read(written))
        .to.throw(expected)
        .with.property('message')
        .that.does.not.contain('hunter2')
    })
})

function gitea(api: string): string {
  return `{ gitea: { repository: a/b, token: { env: TOKEN }, api: "${api}" } }`
}

function named(repository: string): string {
  return `{ github: { repository: ${repository}, token: { env: TOKEN } } }`
}

function two(): string {
  const own = 'repository: a/b, token: { env: TOKEN }'
  return `{ github: { ${own} }, gitea: { ${own}, api: "https://git.example.net" } }`
}
