import { chmodSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { FolderLooks } from '../agents/providers/git/folder_looks'
import { placesIn, type Places } from '../agents/providers/git/places'
import { reasonOf } from './failure'
import { Scratch } from './scratch'

const COMMIT = 'a'.repeat(40)

/** States what the looks at the folder of a repository tell, wherever that is. */
export function folderLooksContract(looks: FolderLooks): void {
  let scratch: Scratch
  let places: Places
  let release: string
  beforeEach(() => {
    scratch = new Scratch()
    places = placesIn(join(scratch.path, `web's "$1" é site`))
    release = join(places.releases, COMMIT)
    mkdirSync(release, { recursive: true })
    mkdirSync(places.repository)
  })
  afterEach(() => scratch.remove())
  const link = async () => (await looks.atServed(places)).link

  it('tell whether there is a repository', async () => {
    expect((await looks.atServed(places)).hasRepository).to.equal(false)
    writeFileSync(join(places.repository, 'HEAD'), '')
    expect((await looks.atServed(places)).hasRepository).to.equal(true)
    rmSync(places.folder, { recursive: true })
    expect(await looks.atServed(places)).to.deep.equal({ hasRepository: false, link: { kind: 'none' } })
  })

  it('tell where a link leads, byte by byte, and whether a folder of its own is there', async () => {
    expect(await link()).to.deep.equal({ kind: 'none' })
    const targets: [string, boolean][] = [
      [`releases/${COMMIT}`, true],
      ['releases/none', false],
      [`releases/${COMMIT}\n`, false],
      ['\n', false],
      ['-n', false],
      ['..', false],
      ['/etc', false],
      ['repository.git/HEAD', false],
    ]
    writeFileSync(join(places.repository, 'HEAD'), '')
    for (const [target, isOwn] of targets) {
      symlinkSync(target, places.current)
      expect(await link(), JSON.stringify(target)).to.deep.equal({ kind: 'link', target, isOwn })
      expect(readlinkSync(places.current)).to.equal(target)
      rmSync(places.current)
    }
    for (const make of [() => mkdirSync(places.current), () => writeFileSync(places.current, '')]) {
      make()
      expect(await link()).to.deep.equal({ kind: 'no link' })
      rmSync(places.current, { recursive: true })
    }
  })

  it('take no folder for its own behind a link', async () => {
    symlinkSync(`releases/${COMMIT}`, places.current)
    expect(await looks.isOwnFolder(release, places.folder)).to.equal(true)
    expect(await looks.isOwnFolder(join(places.releases, 'none'), places.folder)).to.equal(false)
    expect(await looks.isOwnFolder(places.current, places.folder)).to.equal(false)
    const away = join(scratch.path, 'away')
    renameSync(places.releases, away)
    symlinkSync(away, places.releases)
    expect(await looks.isOwnFolder(release, places.folder)).to.equal(false)
    expect(await link()).to.include({ kind: 'link', isOwn: false })
    rmSync(places.releases)
    renameSync(away, places.releases)
    // A link above the folder is the host's own.
    const real = join(scratch.path, 'real')
    renameSync(places.folder, real)
    symlinkSync(real, places.folder)
    expect(await link()).to.include({ kind: 'link', isOwn: true })
  })

  it('say so where they cannot see', async () => {
    rmSync(places.folder, { recursive: true })
    writeFileSync(places.folder, '')
    expect(await reasonOf(looks.atServed(places))).to.match(/not a directory/i)
  })

  it('tell a program from what is none, and stay within the release', async () => {
    scratch.write('out', '', 0o755)
    for (const [name, mode] of [
      ['run', 0o755],
      ['text', 0o644],
    ] as const)
      writeFileSync(join(release, name), '', { mode })
    chmodSync(join(release, 'run'), 0o755)
    mkdirSync(join(release, 'folder'))
    symlinkSync('run', join(release, 'inside'))
    symlinkSync('../../../out', join(release, 'outside'))
    symlinkSync('none', join(release, 'dangling'))
    const told: Record<string, string> = {}
    for (const name of [
      'run',
      'text',
      'folder',
      'inside',
      'outside',
      'dangling',
      'none',
      '../../../out',
      '.',
    ])
      told[name] = await looks.atScript(name, release)
    expect(told).to.deep.equal({
      run: 'program',
      text: 'not executable',
      folder: 'not executable',
      inside: 'program',
      outside: 'leads out',
      dangling: 'none',
      none: 'none',
      '../../../out': 'leads out',
      '.': 'leads out',
    })
    const programs = ['run', 'text', 'folder', 'none'].map((name) => looks.isProgram(join(release, name)))
    expect(await Promise.all(programs)).to.deep.equal([true, false, false, false])
  })
}
