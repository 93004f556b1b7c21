import { expect } from 'chai'
import { readBlocks } from '../testing/docs/blocks'
import { readAccessSites } from './access_sites'
import { parseSettings } from './mcollective_cfg'

const INTRANET = `plugin.access.sites = intranet
plugin.access.intranet.users = /etc/apache2/intranet.htpasswd
plugin.access.intranet.form = apache
`
const read = (text: string) => readAccessSites(parseSettings('server.cfg', text))

describe('the sites of a host', () => {
  it('are those of its own configuration', () => {
    expect(read(INTRANET)).to.deep.equal([
      { name: 'intranet', users: '/etc/apache2/intranet.htpasswd', form: 'apache' },
    ])
    expect(read('identity = web1\n')).to.deep.equal([])
  })

  it('are written as their page says', () => {
    const [block] = readBlocks('docs/access.md').filter(({ language }) => language === 'ini')
    expect(read(block?.text ?? '').map(({ name }) => name)).to.deep.equal(['intranet'])
  })

  const wrong: [string, string, RegExp][] = [
    ['a path that is not whole', INTRANET.replace('/etc', 'etc'), /server\.cfg:2.*whole path/],
    ['a path with ..', INTRANET.replace('/etc', '/etc/..'), /server\.cfg:2.*whole path/],
    ['no file', INTRANET.replace('.users', '.activate'), /no such key/],
    ['no form', INTRANET.replace(/^.*form.*\n/m, ''), /plugin\.access\.intranet\.form/],
    ['another form', INTRANET.replace('= apache', '= iis'), /server\.cfg:3.*apache or nginx/],
    ['a key that is misspelt', `${INTRANET}plugin.access.intranet.usrs = x\n`, /server\.cfg:4.*no such key/],
    ['a name twice', INTRANET.replace('= intranet', '= intranet, intranet'), /each once/],
    [
      'a file of two sites',
      `${INTRANET.replace('= intranet', '= intranet, wiki')}plugin.access.wiki.users = /etc/apache2/intranet.htpasswd\nplugin.access.wiki.form = apache\n`,
      /a file apart from that of intranet/,
    ],
  ]
  for (const [what, text, expected] of wrong)
    it(`are refused with ${what}`, () => expect(() => read(text)).to.throw(expected))
})
