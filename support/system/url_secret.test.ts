import { expect } from 'chai'
import { dropSecret, secretsIn, starSecret } from './url_secret'

describe('the secret in a URL', () => {
  for (const [url, starred, dropped, secrets] of [
    ['/srv/git/a.git', '/srv/git/a.git', '/srv/git/a.git', []],
    ['git@host:a.git', 'git@host:a.git', 'git@host:a.git', []],
    ['ssh://git@host/a.git', 'ssh://git@host/a.git', 'ssh://git@host/a.git', []],
    ['ssh://git:pw@host/a.git', 'ssh://git:***@host/a.git', 'ssh://git@host/a.git', ['pw', 'pw']],
    ['https://host/a@b.git', 'https://host/a@b.git', 'https://host/a@b.git', []],
    [
      'https://me:p%40ss@host/a.git',
      'https://me:***@host/a.git',
      'https://me@host/a.git',
      ['p%40ss', 'p@ss'],
    ],
    ['https://me:p@ss@host/a.git', 'https://me:***@host/a.git', 'https://me@host/a.git', ['p@ss', 'p@ss']],
    ['http://token@host/a.git', 'http://***@host/a.git', 'http://host/a.git', ['token', 'token']],
    ['HTTPS://token@host/a.git', 'HTTPS://***@host/a.git', 'HTTPS://host/a.git', ['token', 'token']],
    ['https://me:100%@host/a.git', 'https://me:***@host/a.git', 'https://me@host/a.git', ['100%', '100%']],
  ] as const)
    it(`is starred or dropped where the URL is shown: ${url}`, () => {
      expect(starSecret(url)).to.equal(starred)
      expect(dropSecret(url)).to.equal(dropped)
      expect(secretsIn(url)).to.deep.equal(secrets)
    })
})
