import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { reasonOf } from '../../../testing/failure'
import { Scratch } from '../../../testing/scratch'
import { readTree, rootAlone } from './code_tree'

describe('a tree of puppet code', () => {
  let scratch: Scratch
  const signal = new AbortController().signal
  // A test is not always root's: what belongs to its own user stands for what is root's.
  const guard = () => ({ owner: process.getuid?.() ?? 0, root: realpathSync(scratch.path) })
  const at = (...parts: string[]) => join(realpathSync(scratch.path), ...parts)
  const read = (to?: string) =>
    readTree(at('code'), { signal, guard: guard(), ...(to === undefined ? {} : { to }) })
  beforeEach(() => {
    scratch = new Scratch()
    scratch.write('code/manifests/site.pp', 'one', 0o644)
    chmodSync(at('code'), 0o755)
    chmodSync(at('code/manifests'), 0o755)
  })
  afterEach(() => scratch.remove())

  it('has a digest of its paths, modes and contents, and of nothing that git keeps', async () => {
    const { digest } = await read()
    const differs = async (change: () => void, undo: () => void) => {
      change()
      expect((await read()).digest).not.to.equal(digest)
      undo()
      expect((await read()).digest).to.equal(digest)
    }
    const site = at('code/manifests/site.pp')
    await differs(
      () => writeFileSync(site, 'two'),
      () => writeFileSync(site, 'one'),
    )
    await differs(
      () => chmodSync(site, 0o755),
      () => chmodSync(site, 0o644),
    )
    await differs(
      () => mkdirSync(at('code/x'), 0o755),
      () => rmSync(at('code/x'), { recursive: true }),
    )
    await differs(
      () => symlinkSync('manifests', at('code/l')),
      () => rmSync(at('code/l')),
    )
    scratch.write('code/.git/HEAD', 'any', 0o644)
    expect((await read()).digest).to.equal(digest)
  })

  it('leaves what the git of a module keeps out of the copy, and has no link to any: it is in no digest', async () => {
    for (const path of ['code/.git/HEAD', 'code/modules/a/.git/HEAD', 'code/modules/a/files/b'])
      scratch.write(path, 'any', 0o644)
    for (const path of ['.git', 'modules', 'modules/a', 'modules/a/.git', 'modules/a/files'])
      chmodSync(at('code', path), 0o755)
    const { digest } = await read(at('copy'))
    expect((await readTree(at('copy'), { signal, guard: guard() })).digest).to.equal(digest)
    expect(readdirSync(at('copy/modules/a'))).to.deep.equal(['files'])
    expect(readdirSync(at('copy/.git'))).to.deep.equal(['HEAD'])
    chmodSync(at('code/modules/a/.git'), 0o777)
    expect(await reasonOf(read())).to.match(/a\/\.git can be written by others/)
    chmodSync(at('code/modules/a/.git'), 0o755)
    symlinkSync('../.git/HEAD', at('code/manifests/z.pp'))
    expect(await reasonOf(read())).to.match(/z\.pp leads to \.\.\/\.git\/HEAD: what git keeps is not part/)
  })

  it('is copied as it was read, with the same digest', async () => {
    symlinkSync('manifests/site.pp', at('code/link'))
    const { digest } = await read(at('copy'))
    expect(readFileSync(at('copy/link'), 'utf8')).to.equal('one')
    expect((await readTree(at('copy'), { signal, guard: guard() })).digest).to.equal(digest)
  })

  for (const [target, isOut] of [
    ['/etc/hostname', true],
    ['../other', true],
    ['manifests/../../other', true],
    ['sub/../../other', true],
    ['manifests/site.pp', false],
    ['./manifests', false],
  ] as const)
    it(`${isOut ? 'refuses' : 'takes'} a link to ${target}`, async () => {
      symlinkSync(target, at('code/link'))
      if (isOut) expect(await reasonOf(read())).to.match(/the link .* leads out of/)
      else await read()
    })

  it('is refused where others can write a file, a folder or one above it', async () => {
    for (const path of ['code/manifests/site.pp', 'code/manifests', 'code']) {
      chmodSync(at(path), 0o777)
      expect(await reasonOf(read())).to.match(/can be written by others \(mode 0777\)/)
      chmodSync(at(path), 0o755)
    }
    mkdirSync(at('above/code'), { recursive: true })
    chmodSync(at('above'), 0o1777)
    expect(() => rootAlone(at('above/code'), guard())).to.throw(
      /above can be written by others \(mode 1777\)/,
    )
    chmodSync(at('above'), 0o755)
    expect(rootAlone(at('above/code'), guard())).to.equal(at('above/code'))
    symlinkSync('above', at('current'))
    expect(rootAlone(at('current/code'), guard())).to.equal(at('above/code'))
    expect(() => rootAlone(at('none'), guard())).to.throw(/none is not there/)
    expect(() => rootAlone(at('above/code'), { ...guard(), owner: 12_345 })).to.throw(/belongs to user/)
  })
})
