import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { FileChanged, MAX_GUARDED_BYTES, type GuardedFiles } from '../agents/providers/access/guarded_files'
import { reasonOf } from './failure'
import { Scratch } from './scratch'

/** Every byte but those that end a line, which a text may have at its end too. */
const BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1')
const isRoot = process.getuid?.() === 0

/** States what guarded files do, wherever they are. */
export function guardedFilesContract(files: GuardedFiles): void {
  let scratch: Scratch
  let path: string
  let next: string
  let kept: string
  beforeEach(() => {
    scratch = new Scratch()
    path = scratch.write(`etc/it's "$x" é/users`, 'before\n', 0o640)
    chmodSync(dirname(path), 0o755)
    next = join(dirname(path), '.users.lockstep-new')
    kept = join(dirname(path), '.users.before')
  })
  afterEach(() => scratch.remove())
  const read = () => readFileSync(path, 'latin1')
  const names = () => readdirSync(dirname(path))
  const refusal = async (work: Promise<unknown>) => {
    try {
      await work
    } catch (error) {
      return error as NodeJS.ErrnoException
    }
    throw new Error('it was expected to be refused')
  }

  it('are read byte by byte, with what they are', async () => {
    if (isRoot) chownSync(path, 65_534, 12)
    for (const text of ['', 'a', BYTES, `${BYTES}\n\n`, 'ok', 'x'.repeat(MAX_GUARDED_BYTES)]) {
      writeFileSync(path, text, 'latin1')
      const found = await files.read(path)
      expect(found.text === text, `${text.length} bytes`).to.equal(true)
      const { uid, gid } = lstatSync(path)
      expect(found).to.include({ links: 1, uid, gid, mode: 0o640, folderMode: 0o755 })
    }
    linkSync(path, `${path}.other`)
    expect((await files.read(path)).links).to.equal(2)
  })

  it('are none where something else stands there, told in words', async () => {
    const odd: [string, () => void, RegExp, string?][] = [
      ['nothing', () => {}, /^it leads nowhere$/, 'ENOENT'],
      ['a link', () => symlinkSync('/etc/hostname', path), /^it is a link$/],
      ['a link to nothing', () => symlinkSync('none', path), /^it is a link$/],
      ['a folder', () => mkdirSync(path), /^it is a folder; expected a file$/],
      ['a pipe', () => execFileSync('mkfifo', [path]), /^it is a pipe; expected a file$/],
      [
        'too much',
        () => writeFileSync(path, 'x'.repeat(MAX_GUARDED_BYTES + 1)),
        /^it has 1048577 bytes; at most 1048576 are read$/,
      ],
    ]
    for (const [what, make, words, code] of odd) {
      rmSync(path, { recursive: true, force: true })
      make()
      const error = await refusal(files.read(path))
      expect(error.message, what).to.match(words)
      if (code !== undefined) expect(error.code).to.equal(code)
    }
  })

  it('are replaced whole, with owner, group and mode as they were, and nothing is left beside', async () => {
    if (isRoot) chownSync(path, 65_534, 12)
    for (const mode of [0o640, 0o444, 0o664, 0o600]) {
      chmodSync(path, mode)
      const found = await files.read(path)
      await files.replace(path, found, BYTES)
      expect(read()).to.equal(BYTES)
      const { uid, gid, mode: bits } = lstatSync(path)
      expect({ uid, gid, mode: bits & 0o7777 }).to.deep.equal({ uid: found.uid, gid: found.gid, mode })
      expect(names()).to.deep.equal(['users'])
      await files.replace(path, await files.read(path), '')
      expect(read()).to.equal('')
      writeFileSync(path, 'before\n')
    }
  })

  it('are replaced although a killed one has left its file, or somebody a link', async () => {
    const other = scratch.write('other', 'theirs', 0o600)
    for (const leave of [() => writeFileSync(next, 'half a'), () => symlinkSync(other, next)]) {
      leave()
      await files.replace(path, await files.read(path), 'after')
      expect(read()).to.equal('after')
      expect(readFileSync(other, 'utf8')).to.equal('theirs')
      expect(lstatSync(other).mode & 0o777).to.equal(0o600)
      expect(names()).to.deep.equal(['users'])
    }
  })

  const changes: [string, () => void][] = [
    ['has another text', () => writeFileSync(path, 'theirs\n')],
    ['has another text of the same length', () => writeFileSync(path, 'BEFORE\n')],
    [
      'is another file with its text',
      () => (writeFileSync(`${path}~`, 'before\n', { mode: 0o640 }), renameSync(`${path}~`, path)),
    ],
    ['can be written by others', () => chmodSync(path, 0o666)],
    ['has a second name', () => linkSync(path, `${path}~`)],
    ['is in a folder of everybody', () => chmodSync(dirname(path), 0o777)],
    ['is a link', () => (renameSync(path, `${path}~`), symlinkSync(`${path}~`, path))],
    ['is away', () => rmSync(path)],
  ]
  for (const [what, change] of changes)
    it(`are not replaced where one ${what} since it was read`, async () => {
      const found = await files.read(path)
      change()
      const before = names().map((name) => [name, lstatSync(join(dirname(path), name)).ino])
      expect(await refusal(files.replace(path, found, 'ours', kept))).to.be.instanceOf(FileChanged)
      expect(names().map((name) => [name, lstatSync(join(dirname(path), name)).ino])).to.deep.equal(before)
    })

  it('keep the text before where that is asked for, in a file that was not there', async () => {
    await files.replace(path, await files.read(path), 'after', kept)
    expect([read(), readFileSync(kept, 'utf8'), lstatSync(kept).mode & 0o777]).to.deep.equal([
      'after',
      'before\n',
      0o600,
    ])
    expect(await files.isThere(kept)).to.equal(true)
    await reasonOf(files.replace(path, await files.read(path), 'again', kept))
    expect([read(), readFileSync(kept, 'utf8')]).to.deep.equal(['after', 'before\n'])
    await files.remove(kept)
    await files.remove(kept)
    expect(await files.isThere(kept)).to.equal(false)
    symlinkSync(join(scratch.path, 'out'), kept)
    expect(await files.isThere(kept)).to.equal(true)
    await reasonOf(files.replace(path, await files.read(path), 'again', kept))
    expect([read(), readdirSync(scratch.path)]).to.deep.equal(['after', ['etc']])
  })

  it('stay as they are on a disk that is full', async function () {
    if (!isRoot) return this.skip()
    const disk = join(scratch.path, 'disk')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=755', 'tmpfs', disk])
    try {
      const full = join(disk, 'users')
      writeFileSync(full, 'b'.repeat(20_000))
      for (const [bytes, keptAt] of [[60_000], [30_000, join(disk, 'kept')]] as const) {
        const found = await files.read(full)
        await reasonOf(files.replace(full, found, 'a'.repeat(bytes), keptAt))
        expect(await files.read(full)).to.deep.equal(found)
        expect(readdirSync(disk)).to.deep.equal(['users'])
      }
    } finally {
      execFileSync('umount', [disk])
    }
  })
}
