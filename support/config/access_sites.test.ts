import { expect } from 'chai'
import { readBlocks } from '../testing/docs/blocks'
import { readAccessSites } from './access_sites'
import { parseSettings } from './mcollective_cfg'

const INTRANET = `plugin.access.sites = intranet
plugin.access.intranet.users = /etc/apache2/intranet.htpasswd
plugin.access.intranet.form = apache
`
const ADDRESSES = `${INTRANET}plugin.access.intranet.addresses = /etc/apache2/intranet.addresses
plugin.access.intranet.test = /usr/sbin/apachectl configtest
plugin.access.intranet.reload = /usr/bin/systemctl reload apache2
`
const read = (text: string) => readAccessSites(parseSettings('server.cfg', text))

describe('the sites of a host', () => {
  it('are those of its own configuration', () => {
    expect(read(INTRANET)).to.deep.equal([
      { name: 'intranet', users: '/etc/apache2/intranet.htpasswd', form: 'apache' },
    ])
    expect(read('identity = web1\n')).to.deep.equal([])
  })

  it('may have a file of addresses, with the programs of the web server', () => {
    expect(read(ADDRESSES)[0]?.addresses).to.deep.equal({
      path: '/etc/apache2/intranet.addresses',
      test: ['/usr/sbin/apachectl', 'configtest'],
      reload: ['/usr/bin/systemctl', 'reload', 'apache2'],
    })
  })

  it('are written as their page says', () => {
    const blocks = readBlocks('docs/access.md').filter(({ language }) => language === 'ini')
    const sites = blocks.flatMap(({ text }) => read(text))
    expect(sites.map(({ name, addresses }) => [name, addresses === undefined])).to.deep.equal([
      ['intranet', true],
      ['intranet', false],
    ])
  })

  const wrong: [string, string, RegExp][] = [
    ['a path that is not whole', INTRANET.replace('/etc', 'etc'), /server\.cfg:2.*whole path/],
    ['a path with ..', INTRANET.replace('/etc', '/etc/..'), /server\.cfg:2.*whole path/],
    ['no file', INTRANET.replace('.users', '.activate'), /no such key/],
    ['no form', INTRANET.replace(/^.*form.*\n/m, ''), /plugin\.access\.intranet\.form/],
    ['another form', INTRANET.replace('= apache', '= iis'), /server\.cfg:3.*apache or nginx/],
    ['a key that is misspelt', `${INTRANET}plugin.access.intranet.usrs = x\n`, /server\.cfg:4.*no such key/],
    ['a program without its path', ADDRESSES.replace('/usr/sbin/', ''), /server\.cfg:5.*whole path/],
    ['no program', ADDRESSES.replace(/^.*reload.*\n/m, ''), /plugin\.access\.intranet\.reload/],
    [
      'a program for nothing',
      ADDRESSES.replace(/^.*addresses =.*\n/m, ''),
      /plugin\.access\.intranet\.addresses beside it/,
    ],
    [
      'one file for both',
      ADDRESSES.replace('intranet.addresses\n', 'intranet.htpasswd\n'),
      /a file apart from that of intranet/,
    ],
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
