import { expect } from 'chai'
import { faultOfSvn, parseFolders } from './svn_repository'

const entry = (attributes: string, name: string, revision = 7) =>
  `<entry\n   ${attributes}>\n<name>${name}</name>\n<commit\n   revision="${revision}">\n<author>ann</author>\n</commit>\n</entry>\n`
const list = (...entries: string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<lists>\n<list\n   path="file:///srv/svn">\n${entries.join('')}</list>\n</lists>\n`

describe('the folders that svn lists', () => {
  it('are read with their revisions, whichever attribute comes first; files are none', () => {
    const text = list(
      entry('kind="dir"', 'a &amp; b &lt;&#233;&#xe9;&gt;'),
      entry('revision="9"\n   kind="dir"\n   path="x"', '1.2', 9),
      entry('kind="file"', 'README'),
    )
    expect(parseFolders(text)).to.deep.equal([
      { name: 'a & b <éé>', changedIn: 7 },
      { name: '1.2', changedIn: 9 },
    ])
    expect(parseFolders(list())).to.deep.equal([])
  })

  it('are not taken for fewer where the list is cut, or has an entry in another form', () => {
    const whole = list(entry('kind="dir"', 'a'), entry('kind="dir"', 'b'))
    for (const text of [
      '',
      whole.slice(0, -20),
      whole.replace('</entry>', ''),
      whole.replace('kind="dir"', ''),
    ])
      expect(parseFolders(text)).to.have.keys(['why'])
    expect(parseFolders(whole.replace('revision="7"', 'revision="?"'))).to.have.keys(['why'])
  })
})

describe('what svn says of a fault', () => {
  const said = (output: string) => faultOfSvn({ exitCode: 1, output, failure: undefined })

  it('is its last line with a code, and what to do about it where that is known', () => {
    expect(
      said(
        "svn: E170013: Unable to connect to a repository at URL 'http://svn.example.net'\nsvn: E215004: No more credentials or we tried too many times.\nAuthentication failed\n",
      ),
    ).to.equal(
      'E215004: No more credentials or we tried too many times. (it needs a password: let svn store it by one svn info as the user of lockstep serve)',
    )
    expect(
      said('svn: E230001: Server SSL certificate verification failed: issuer is not trusted\n'),
    ).to.match(
      /not trusted \(accept the certificate for good by one svn info as the user of lockstep serve\)$/,
    )
    expect(said("svn: E000111: Can't connect to host '192.0.2.1': Connection refused\n")).to.equal(
      "E000111: Can't connect to host '192.0.2.1': Connection refused",
    )
    expect(said('')).to.equal('svn exited with 1')
  })
})
