import { expect } from 'chai'
import { findUnreadLists } from './package_lists'

describe('the output of a refresh of package lists', () => {
  const APT = `Hit:1 http://deb.example.net stable InRelease
Ign:2 http://own.example.net ./ InRelease
Err:2 http://own.example.net ./ InRelease
  Could not connect to own.example.net:80. - connect (111: Connection refused)
Reading package lists...
W: Failed to fetch http://own.example.net/./InRelease  Could not connect (111: Connection refused)
W: Some index files failed to download. They have been ignored, or old ones used instead.`

  it('tells of a source that was away, though apt exits with 0', () => {
    expect(findUnreadLists(APT)).to.match(/^W: Failed to fetch .*; W: Some index files failed/)
    expect(findUnreadLists(APT.replace(/^W:.*$/gm, ''))).to.match(/^Err:2 http:\/\/own/)
  })

  it('tells of a signature that was wrong: the old list stays', () => {
    const said =
      'W: An error occurred during the signature verification. The repository is not updated and the previous index files will be used. GPG error: x'
    expect(findUnreadLists(`Hit:1 x\n${said}\n`)).to.equal(said)
  })

  it('tells of a repository that dnf or yum passes over', () => {
    const dnf =
      "Errors during downloading metadata for repository 'gone':\nError: Failed to download metadata for repo 'gone': Cannot download repomd.xml\nIgnoring repositories: gone"
    expect(findUnreadLists(dnf)).to.contain("Failed to download metadata for repo 'gone'")
    expect(findUnreadLists('http://x/repodata/repomd.xml: [Errno 14] curl#7 - "refused"')).to.contain(
      'Errno 14',
    )
  })

  it('tells of a source that is passed over: a component that there is not, a file that dnf cannot read', () => {
    for (const said of [
      "W: Skipping acquire of configured file 'web/binary-amd64/Packages' as repository 'http://x stable InRelease' doesn't have the component 'web' (component misspelt in sources.list?)",
      "Warning: failed loading '/etc/yum.repos.d/own.repo', skipping.",
      'Bad id for repo: own packages, byte =   3',
    ])
      expect(findUnreadLists(`Hit:1 x\n${said}\nMetadata cache created.`)).to.equal(said)
  })

  it('is well with hits, new lists and warnings of another kind', () => {
    for (const fine of [
      '',
      'Hit:1 http://deb.example.net stable InRelease\nReading package lists...',
      'W: http://x/InRelease: Key is stored in legacy trusted.gpg keyring, see the DEPRECATION section',
      'N: Repository x changed its Suite value',
      "N: Skipping acquire of configured file 'main/binary-i386/Packages' as repository 'x' doesn't support architecture 'i386'",
      'Metadata cache created.',
    ])
      expect(findUnreadLists(fine), fine).to.equal(undefined)
  })
})
