import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { readPipelineSetting } from './pipeline_setting'

describe('a Subversion repository of a pipeline', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const SVN = 'https://svn.example.net/website/'
  const read = (keys: object) => {
    const website = { branches: ['trunk'], trigger: ['hook'], ...keys }
    const environments = { test: { client_config: 'client.cfg' } }
    const yaml = JSON.stringify({ environments, pipeline: { repositories: { website } } }, null, 1)
    return readPipelineSetting(scratch.write('lockstep.yaml', yaml), { env: {} })?.repositories[0]
  }

  it('has an address and a layout, and a url where its mirror is served', () => {
    const [address, url] = ['https://svn.example.net/website', 'https://git.example.net/website.git']
    expect(read({ svn: SVN })).to.deep.include({ url: SVN, svn: { address, layout: 'standard' } })
    expect(read({ svn: SVN, url, layout: 'trunk' })).to.deep.include({
      url,
      svn: { address, layout: 'trunk' },
    })
    for (const svn of [
      'svn://127.0.0.1:3691/a',
      'svn+ssh://ann@host/a',
      'file:///srv/svn/a',
      'http://[::1]/a',
    ])
      expect(read({ svn })?.svn?.address).to.equal(svn)
    expect(read({ url })).not.to.have.property('svn')
  })

  it('is refused in an address that its programs misread, or that has a password', () => {
    for (const svn of [
      'https://ann:secret@svn.example.net/a',
      'svn+nc://host/a',
      'svn://host/a b',
      'svn://host/a@5',
      'file://host/a',
      '/srv/svn/a',
      '-x',
    ])
      expect(() => read({ svn }), svn).to.throw(/repositories\.website\.svn.*expected.*svn:\/\/…/)
  })

  it('is refused without its password being shown', () => {
    for (const svn of ['https://ann:secret@svn.example.net/a', 'svn://ann:secret@svn.example.net/a b'])
      expect(() => read({ svn }), svn)
        .to.throw(/:\/\/.*\*\*\*@svn\.example\.net/)
        .with.property('message')
        .not.contain('secret')
  })

  it('is refused where others need its commits, and nothing serves them', () => {
    const ci = { command: ['make'] }
    const needed = /expected beside it url: the git address at which you serve that mirror$/
    const fetching = { ci, tags: ['*'], hosts: { class: 'web' }, after_success: { test: 'fetch' } }
    expect(() => read({ svn: SVN, ...fetching }))
      .to.throw(/after_success\.test|:\d+: its hosts fetch/)
      .with.property('message')
      .match(needed)
    expect(() =>
      read({
        svn: SVN,
        ci: { jenkins: { url: 'http://127.0.0.1', job: 'a', user: 'u', token: { env: 'T' } } },
      }),
    ).to.throw(needed)
    expect(read({ svn: SVN, url: '/srv/mirror.git', ...fetching })?.fetches).to.have.length(1)
    expect(read({ svn: SVN, ci, after_success: { test: 'nothing' } })?.fetches).to.deep.equal([])
  })

  it('is told of by its hook alone; a layout is of no git repository, and one of both addresses is needed', () => {
    expect(() => read({ svn: SVN, trigger: ['hook', { hmac: { secret: { env: 'S' } } }] })).to.throw(
      /Subversion tells of revisions by its post-commit hook alone; expected trigger: \[hook\]$/,
    )
    expect(() => read({ url: '/srv/git/a.git', layout: 'trunk' })).to.throw(/layout is for Subversion alone/)
    expect(() => read({})).to.throw(/expected url: an address of git, or svn: one of Subversion$/)
  })
})
