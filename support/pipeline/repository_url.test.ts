import { expect } from 'chai'
import { hidePassword, passwordsIn, protocolOf } from './repository_url'

describe('the URL of a repository', () => {
  for (const [url, protocol, shown, passwords] of [
    ['/srv/git/a.git', 'file', '/srv/git/a.git', []],
    ['git@host:a.git', 'ssh', 'git@host:a.git', []],
    ['ssh://git@host/a.git', 'ssh', 'ssh://git@host/a.git', []],
    ['https://host/a@b.git', 'https', 'https://host/a@b.git', []],
    ['https://me:p%40ss@host/a.git', 'https', 'https://me:***@host/a.git', ['p%40ss', 'p@ss']],
    ['https://me:p@ss@host/a.git', 'https', 'https://me:***@host/a.git', ['p@ss', 'p@ss']],
    ['http://token@host/a.git', 'http', 'http://***@host/a.git', ['token', 'token']],
    ['https://me:100%@host/a.git', 'https', 'https://me:***@host/a.git', ['100%', '100%']],
  ] as const)
    it(`is reached by one protocol, and shows no password: ${url}`, () => {
      expect(protocolOf(url)).to.equal(protocol)
      expect(hidePassword(url)).to.equal(shown)
      expect(passwordsIn(url)).to.deep.equal(passwords)
    })
})
