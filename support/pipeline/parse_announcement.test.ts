import { expect } from 'chai'
import fc from 'fast-check'
import { foldChanges } from './announcement'
import { parseAnnouncement } from './parse_announcement'

const text = (...lines: string[]) =>
  `lockstep/packages/1\nrepository apt\nby ann\n\n${lines.map((line) => `${line}\n`).join('')}end\n`
const packagesOf = (...lines: string[]) => {
  const parsed = parseAnnouncement(text(...lines))
  return 'fault' in parsed ? parsed.fault : foldChanges(parsed.announcement.changes).packages
}

describe('an announcement of packages', () => {
  it('names each package with its last version', () => {
    expect(parseAnnouncement(text())).to.deep.equal({
      announcement: { repository: 'apt', by: 'ann', changes: [] },
    })
    expect(
      packagesOf(
        'add stable deb main amd64 mywebapp 1:2.0~rc1-1+b1',
        'add stable deb main i386 mywebapp 1:2.0~rc1-1+b1',
        'remove stable deb main amd64 old 1.0',
        'add stable dsc main source mywebapp 9',
        'add stable deb main amd64 libstdc++6 12',
      ),
    ).to.deep.equal([
      { name: 'mywebapp', version: '1:2.0~rc1-1+b1' },
      { name: 'old', version: null },
      { name: 'libstdc++6', version: '12' },
    ])
  })

  it('has no version of a package that has several, since hosts differ then', () => {
    expect(
      packagesOf('add stable deb main amd64 mywebapp 2.0', 'add stable deb main arm64 mywebapp 1.0'),
    ).to.deep.equal([{ name: 'mywebapp', version: null }])
    expect(
      packagesOf('add stable deb main all mywebapp 1.0', 'add testing deb main all mywebapp 2.0'),
    ).to.deep.equal([{ name: 'mywebapp', version: null }])
  })

  it('names the last fifty packages, and counts all', () => {
    const lines = Array.from({ length: 60 }, (_, index) => `add stable deb main all p${index} 1`)
    const parsed = parseAnnouncement(text(...lines))
    const { packages, packageCount } = foldChanges('fault' in parsed ? [] : parsed.announcement.changes)
    expect([packageCount, packages.length, packages[49]?.name]).to.deep.equal([60, 50, 'p59'])
  })

  it('is refused where it is not whole, or is no list of changes', () => {
    for (const odd of [
      '',
      'lockstep/push/1\n',
      text().replace('end\n', ''),
      text().replace('repository apt', 'repository '),
      text('install stable deb main amd64 mywebapp 1.0'),
      text('add stable deb main amd64 mywebapp'),
      text('add stable deb main amd64 mywebapp 1.0 x'),
      text('add stable deb main amd64 -o 1.0'),
      text('add stable deb main amd64 a-x- 1.0'),
      text('add stable deb main amd64 a$(id) 1.0'),
      text('add stable deb main amd64 mywebapp --help'),
      text(`add stable deb main amd64 ${'a'.repeat(151)} 1.0`),
      text('end', 'add stable deb main amd64 mywebapp 1.0'),
      text(...Array.from({ length: 10_001 }, () => 'add stable deb main amd64 mywebapp 1.0')),
    ])
      expect(parseAnnouncement(odd), odd.slice(0, 200)).to.have.property('fault')
  })

  it('is by somebody whose name has a bound', () => {
    const parsed = parseAnnouncement(text().replace('ann', 'a'.repeat(1_000_000)))
    expect('fault' in parsed ? parsed.fault : parsed.announcement.by).to.have.length(100)
  })

  it('is read without a fault of ours, and never names what a package manager could take for an option', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('add', 'deb', 'stable', '-y', 'a', '1', '\n', ' '))
    const line = fc.array(word, { maxLength: 8 }).map((words) => words.join(' '))
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const parsed = parseAnnouncement(text(...lines))
        if ('fault' in parsed) return
        for (const { name, version } of parsed.announcement.changes)
          expect(`${name} ${version ?? ''}`).to.match(/^[A-Za-z0-9][\w.+-]* ([A-Za-z0-9][\w.+~:^-]*)?$/)
      }),
    )
  })
})
