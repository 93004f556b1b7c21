import { expect } from 'chai'
import { protocolOf } from './repository_url'

describe('the URL of a repository', () => {
  for (const [url, protocol] of [
    ['/srv/git/a.git', 'file'],
    ['git@host:a.git', 'ssh'],
    ['ssh://git@host/a.git', 'ssh'],
    ['https://host/a@b.git', 'https'],
    ['http://token@host/a.git', 'http'],
  ] as const)
    it(`is reached by one protocol: ${url}`, () => {
      expect(protocolOf(url)).to.equal(protocol)
    })
})
