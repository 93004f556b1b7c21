import { expect } from 'chai'
import fc from 'fast-check'
import { MAX_REASON, pickReason } from './reason'

const begun = [
  'Reading package lists...',
  'Building dependency tree...',
  'Reading state information...',
  'The following packages will be upgraded:',
  '  mywebapp',
  '1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.',
  'Need to get 0 B/692 B of archives.',
  'After this operation, 0 B of additional disk space will be used.',
]
/** Formats what apt printed as puppet tells it. */
const byPuppet = (...lines: string[]) =>
  `Execution of '/usr/bin/apt-get -q -y -o DPkg::Options::=--force-confold --force-yes install mywebapp=2.0' returned 100: ${[...begun, ...lines].join('\n')}`

describe('the point of a reason', () => {
  const PINNED = 'E: Held packages were changed and -y was used without --allow-change-held-packages.'

  it('is found in colours, and where the ends of lines are lost', () => {
    expect(pickReason(`Reading\n\x1b[1;31mE: \x1b[0mUnable to locate package x\nmore\nand more`)).to.equal(
      'E: Unable to locate package x',
    )
    const lost = `${begun.join(' ')} ${PINNED} ${begun.join(' ')}`
    expect(pickReason(lost)).to.match(/^E: Held packages were changed and -y was used without/)
  })

  it('is never cut within a sign', () => {
    for (const lead of ['E: ', 'E: x', 'x', ''])
      for (const text of [lead + '😀'.repeat(500), `first\nsecond\n${lead}${'😀'.repeat(500)}`])
        expect(pickReason(text).isWellFormed()).to.equal(true)
  })

  const cases: [string, string[], string][] = [
    [
      'a package on hold',
      [
        'The following held packages will be changed:',
        '  mywebapp',
        'E: Held packages were changed and -y was used without --allow-change-held-packages.',
      ],
      'E: Held packages were changed and -y was used without --allow-change-held-packages.',
    ],
    [
      'a repository that is away',
      [
        'Err:1 http://repo.example.net/debian ./ mywebapp 2.0',
        '  Could not connect to repo.example.net:80 (192.0.2.1). - connect (111: Connection refused)',
        'E: Failed to fetch http://repo.example.net/debian/./mywebapp_2.0_all.deb  Could not connect to repo.example.net:80 (192.0.2.1). - connect (111: Connection refused)',
        'E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?',
      ],
      'E: Failed to fetch http://repo.example.net/debian/./mywebapp_2.0_all.deb  Could not connect to repo.example.net:80 (192.0.2.1). - connect (111: Connection refused); E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?',
    ],
    [
      'a script that fails and leaves the package half configured',
      [
        "(Reading database ... dpkg: warning: files list file for package 'mywebapp' missing; assuming package has no files currently installed",
        'Preparing to unpack .../repo/./mywebapp_2.0_all.deb ...',
        'Unpacking mywebapp (2.0) over (1.0) ...',
        'Setting up mywebapp (2.0) ...',
        'dpkg: error processing package mywebapp (--configure):',
        ' installed mywebapp package post-installation script subprocess returned error exit status 2',
        'Errors were encountered while processing:',
        ' mywebapp',
        'E: Sub-process /usr/bin/dpkg returned an error code (1)',
      ],
      'dpkg: error processing package mywebapp (--configure):; installed mywebapp package post-installation script subprocess returned error exit status 2; E: Sub-process /usr/bin/dpkg returned an error code (1)',
    ],
    [
      'a full disk',
      ["E: You don't have enough free space in /var/cache/apt/archives/."],
      "E: You don't have enough free space in /var/cache/apt/archives/.",
    ],
    [
      'a lock that another has',
      [
        'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (apt-get)',
        'E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?',
      ],
      'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (apt-get); E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?',
    ],
  ]
  for (const [what, lines, point] of cases) {
    it(`of ${what} is what apt and dpkg say is wrong`, () => {
      expect(pickReason(byPuppet(...lines))).to.equal(`apt-get returned 100: ${point}`)
    })
  }

  it('is the same of two hosts that differ in noise', () => {
    const error = 'E: Held packages were changed and -y was used without --allow-change-held-packages.'
    expect(pickReason(byPuppet('Get:1 http://a 12 s', error))).to.equal(
      pickReason(byPuppet('Get:1 http://b', error)),
    )
  })

  it('of a short reason is the reason', () => {
    for (const text of ['no space left', 'Package is not present on the system', 'Error: x', ''])
      expect(pickReason(text)).to.equal(text)
  })

  it('of what has no such lines is its beginning and its end', () => {
    expect(pickReason('it began\na\nb\nc\nit ended')).to.equal('it began; c; it ended')
    const long = `begins ${'x'.repeat(2_000)} ends`
    expect(pickReason(long)).to.match(/^begins x+ … x+ ends$/)
  })

  it('is bounded and one line, for any text of a host', () => {
    const part = fc.constantFrom(
      'E: ',
      'dpkg: error',
      '\n',
      '\r',
      ' ',
      "Execution of '/a' returned 1: ",
      '\u001B[2J',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string()), { maxLength: 400 }), (parts) => {
        const text = pickReason(parts.join(''))
        return text.length <= MAX_REASON && !/\p{Cc}/u.test(text)
      }),
    )
    expect(pickReason(`E: first\n${'x'.repeat(9_000_000)}\nE: last`)).to.match(/E: last$/)
  })
})
