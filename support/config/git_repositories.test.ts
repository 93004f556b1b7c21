import { expect } from 'chai'
import { readBlocks } from '../testing/docs/blocks'
import { readGitRepositories } from './git_repositories'
import { parseSettings } from './mcollective_cfg'

const WEBSITE = `plugin.git.repositories = website
plugin.git.website.url = ssh://git@git.example.net/website.git
plugin.git.website.folder = /srv/website
plugin.git.website.user = deploy
`
const read = (text: string) => readGitRepositories(parseSettings('server.cfg', text))

describe('the repositories of a host', () => {
  it('are those of its own configuration, each with its folder, user and scripts', () => {
    const more =
      'plugin.git.website.post = scripts/post\nplugin.git.website.keep = 3\nplugin.git.website.within = 90\n'
    expect(read(WEBSITE + more)).to.deep.equal([
      {
        name: 'website',
        url: 'ssh://git@git.example.net/website.git',
        folder: '/srv/website',
        user: 'deploy',
        pre: undefined,
        post: 'scripts/post',
        keep: 3,
        within: 90_000,
      },
    ])
    expect(read('identity = web1\n')).to.deep.equal([])
  })

  it('are written as their page says', () => {
    const [block] = readBlocks('docs/tags.md').filter(({ language }) => language === 'ini')
    const [website] = read(block?.text ?? '')
    expect(website).to.include({ name: 'website', user: 'deploy', pre: 'scripts/pre-deploy', keep: 5 })
  })

  const wrong: [string, string, RegExp][] = [
    [
      'a script that is misspelt',
      'plugin.git.website.postt = /x\n',
      /server.cfg:5: plugin.git.website.postt .* no such key/,
    ],
    ['one that is not in the list', 'plugin.git.shop.url = /x\n', /plugin.git.shop.url .* no such key/],
    ['a script that leads upwards', 'plugin.git.website.pre = ../x\n', /expected a path without/],
    ['too few releases', 'plugin.git.website.keep = 1\n', /a whole number from 2 to 100/],
    ['a script without a path', 'plugin.git.website.post = \n', /expected a path/],
  ]
  for (const [what, line, message] of wrong)
    it(`are refused with ${what}`, () => expect(() => read(WEBSITE + line)).to.throw(message))

  const other: [string, RegExp][] = [
    ['url = ext::sh -c x', /expected a URL/],
    ['url = --upload-pack=x', /expected a URL/],
    ['folder = srv', /expected a whole path/],
    ['folder = /srv/../etc', /expected a whole path/],
    ['user = a b', /the name of a user/],
  ]
  for (const [line, message] of other)
    it(`are refused with ${line}`, () => {
      const key = `plugin.git.website.${line.split(' ')[0]} =`
      const text = WEBSITE.replace(new RegExp(`${key}.*`), `plugin.git.website.${line}`)
      expect(() => read(text)).to.throw(message)
    })

  it('need a URL, a folder and a user', () => {
    for (const key of ['url', 'folder', 'user'])
      expect(() => read(WEBSITE.replace(new RegExp(`.*website.${key} .*\n`), ''))).to.throw(
        `plugin.git.website.${key} is missing`,
      )
  })

  it('have folders apart from each other', () => {
    const shop = WEBSITE.replaceAll('website', 'shop').replace('/srv/shop', '/srv/website/shop')
    const both = `${WEBSITE}${shop}`.replace(/repositories = website\n/, 'repositories = website, shop\n')
    expect(() => read(both.replace('plugin.git.repositories = shop\n', ''))).to.throw(
      /a folder apart from that of website/,
    )
  })
})
