import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { HostFiles } from '../system/host_files'
import { Scratch } from './scratch'

/** Names that a shell, a program or a line could take for something else. */
const NAMES = [
  'plain',
  'two words',
  "it's",
  'a"b',
  '-rf',
  '--help',
  '*',
  '$HOME',
  '`id`',
  '$(id)',
  '\\',
  '\\n',
  'a\nb',
  '\n',
  ' ',
  '\t',
  'é ÿ Á 日本 🎉',
  '.hidden',
  '..more',
  '#x',
  '~',
  '%s%d',
  '\u0001\u007f',
]

/**
 * States what the files of every host do. The host shares the disk of this process, as a server on loopback does.
 * `runs` bounds the random texts; `exactMs` is how exact the host tells times.
 */
export function hostFilesContract(make: () => HostFiles, runs: number, exactMs = 0.01): void {
  let scratch: Scratch
  let files: HostFiles
  const at = (...names: readonly string[]) => join(scratch.path, ...names)

  beforeEach(() => {
    scratch = new Scratch()
    files = make()
  })
  afterEach(() => scratch.remove())

  const faultOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no fault',
      (error: unknown) => {
        expect(error).to.be.instanceOf(Error)
        return (error as Error).message
      },
    )

  it('finds nothing where nothing is, nor in what is no folder', async () => {
    writeFileSync(at('file'), '')
    for (const path of [at('away'), at('away', 'more'), at('file', 'more')]) {
      expect(await files.look(path), `look ${path}`).to.equal(undefined)
      expect(await files.read(path, 10), `read ${path}`).to.equal(undefined)
      expect(await files.list(path), `list ${path}`).to.equal(undefined)
      await files.remove(path)
    }
    expect(await files.list(at('file'))).to.equal(undefined)
    expect(readdirSync(scratch.path)).to.deep.equal(['file'])
  })

  it('sees a file, a folder, a link and what is none of them, as the system does', async () => {
    writeFileSync(at('file'), 'four')
    chmodSync(at('file'), 0o4751)
    utimesSync(at('file'), 1_700_000_000, 1_700_000_001.25)
    linkSync(at('file'), at('second'))
    mkdirSync(at('folder'), 0o711)
    symlinkSync('no where\nat all', at('link'))
    for (const [name, kind] of [
      ['file', 'file'],
      ['second', 'file'],
      ['folder', 'folder'],
      ['link', 'link'],
    ] as const) {
      const stats = lstatSync(at(name))
      const sight = await files.look(at(name))
      expect(sight?.changedAtMs, name).to.be.closeTo(stats.mtimeMs, exactMs)
      expect({ ...sight, changedAtMs: 0 }, name).to.deep.equal({
        kind,
        leadsTo: kind === 'link' ? 'no where\nat all' : undefined,
        uid: stats.uid,
        gid: stats.gid,
        mode: stats.mode & 0o7777,
        bytes: stats.size,
        changedAtMs: 0,
        inode: stats.ino,
        links: stats.nlink,
      })
    }
    expect((await files.look('/dev/null'))?.kind).to.equal('other')
  })

  it('reads bytes as they are, up to a limit, also of a file that says it has none', async () => {
    const bytes = Buffer.from([0, 10, 13, 255, 254, 0, 39, 10, 10])
    writeFileSync(at('file'), bytes)
    symlinkSync('file', at('link'))
    symlinkSync('away', at('dangling'))
    expect(await files.read(at('file'), bytes.length)).to.deep.equal(bytes)
    expect(await files.read(at('link'), 100)).to.deep.equal(bytes)
    expect(await files.read(at('dangling'), 100)).to.equal(undefined)
    expect(await faultOf(files.read(at('file'), bytes.length - 1))).to.match(/bytes/)
    expect((await files.read('/proc/self/status', 100_000))?.toString()).to.match(/^Name:/)
    writeFileSync(at('empty'), '')
    expect((await files.read(at('empty'), 0))?.length).to.equal(0)
  })

  it('reads nothing but regular files, and never waits for what is none', async () => {
    expect(await faultOf(files.read(scratch.path, 100))).to.not.equal('no fault')
    expect(await faultOf(files.read('/dev/zero', 100))).to.not.equal('no fault')
  })

  it('lists the names in a folder, in order, whatever characters they have', async () => {
    expect(await files.list(scratch.path)).to.deep.equal([])
    NAMES.forEach((name) => writeFileSync(at(name), name))
    symlinkSync('away', at('dangling'))
    expect(await files.list(scratch.path)).to.deep.equal([...NAMES, 'dangling'].sort())
  })

  it('writes, reads and removes files of any name and any bytes', async () => {
    for (const name of NAMES) {
      await files.write(at(name), `content of ${name}`, 0o600)
      expect(readFileSync(at(name), 'utf8')).to.equal(`content of ${name}`)
      expect((await files.read(at(name), 100))?.toString()).to.equal(`content of ${name}`)
      await files.remove(at(name))
      expect(existsSync(at(name)), name).to.equal(false)
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), async (content) => {
        await files.write(at('any'), Buffer.from(content), 0o600)
        expect(readFileSync(at('any')).equals(content)).to.equal(true)
        expect((await files.read(at('any'), 3_000))?.equals(content)).to.equal(true)
      }),
      { numRuns: runs },
    )
  })

  it('writes much at once', async () => {
    const content = Buffer.alloc(2_000_000, 'line\n\0')
    await files.write(at('much'), content, 0o600)
    expect(readFileSync(at('much')).equals(content)).to.equal(true)
    expect((await files.read(at('much'), 2_000_000))?.equals(content)).to.equal(true)
  })

  it('gives a file exactly its mode, and leaves nothing beside it', async () => {
    for (const mode of [0o600, 0o644, 0o755, 0o440]) {
      await files.write(at('file'), 'x', mode)
      expect(lstatSync(at('file')).mode & 0o7777).to.equal(mode)
    }
    expect(readdirSync(scratch.path)).to.deep.equal(['file'])
  })

  it('puts a file in the place of another, or of a link, and never into what a link leads to', async () => {
    mkdirSync(at('folder'))
    writeFileSync(at('other'), 'as it was')
    for (const leadsTo of ['other', 'folder', 'away']) {
      symlinkSync(leadsTo, at('link'))
      await files.write(at('link'), 'new', 0o600)
      expect(lstatSync(at('link')).isFile()).to.equal(true)
      await files.remove(at('link'))
    }
    expect(readFileSync(at('other'), 'utf8')).to.equal('as it was')
    expect(readdirSync(at('folder'))).to.deep.equal([])
    const before = lstatSync(at('other')).ino
    await files.write(at('other'), 'new', 0o600)
    expect(lstatSync(at('other')).ino).to.not.equal(before)
  })

  it('removes a link, and not what it leads to', async () => {
    writeFileSync(at('file'), '')
    symlinkSync('file', at('link'))
    await files.remove(at('link'))
    expect(readdirSync(scratch.path)).to.deep.equal(['file'])
  })

  it('neither writes over a folder nor removes one, nor writes into one that is not there', async () => {
    mkdirSync(at('folder'))
    expect(await faultOf(files.write(at('folder'), 'x', 0o600))).to.not.equal('no fault')
    expect(await faultOf(files.remove(at('folder')))).to.not.equal('no fault')
    expect(await faultOf(files.write(at('away', 'file'), 'x', 0o600))).to.not.equal('no fault')
    expect(readdirSync(at('folder'))).to.deep.equal([])
    expect(readdirSync(scratch.path)).to.deep.equal(['folder'])
  })

  it('says in words what the system refuses', async () => {
    expect(await faultOf(files.write('/proc/nothing-is-made-here', 'x', 0o600))).to.match(/\w+ \w+|E[A-Z]+/)
    expect(await faultOf(files.look(`${scratch.path}/a\0b`))).to.not.equal('no fault')
  })
}
