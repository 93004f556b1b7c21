import { expect } from 'chai'
import fc from 'fast-check'
import { ChangedFiles, type ChangedFile } from './changed_files'

const commit = fc.constantFrom('a'.repeat(40), 'b'.repeat(40), 'c'.repeat(64))
const id = fc.constantFrom('1'.repeat(40), '2'.repeat(64))
const KINDS = { '100644': 'file', '100755': 'file', '120000': 'link', '160000': 'submodule' } as const
/** Any path that git can have, among them those that look like a record. */
const path = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map((text) => text.replaceAll('\0', '/') || 'x'),
  fc.constantFrom(
    `:100644 100644 ${'1'.repeat(40)} ${'1'.repeat(40)} M`,
    'a'.repeat(40),
    '-x',
    '../../etc/passwd',
    'a\nb',
  ),
)
const entry = fc.record({
  commit,
  path: path.map((text) => text.toWellFormed()),
  mode: fc.constantFrom('100644', '100755', '120000', '160000', '000000'),
  blob: id,
  parents: fc.integer({ min: 1, max: 3 }),
})
type Entry = { commit: string; path: string; mode: string; blob: string; parents: number }

function written({ commit: at, path: name, mode, blob, parents }: Entry): string {
  const many = (text: string) => `${text} `.repeat(parents)
  return `${at}\0${':'.repeat(parents)}${many('100644')}${mode} ${many(blob)}${blob} ${'M'.repeat(parents)}\0${name}\0`
}

function expected({ commit: at, path: name, mode, blob }: Entry): ChangedFile[] {
  const kind = KINDS[mode as keyof typeof KINDS]
  return mode === '000000' ? [] : [{ commit: at, path: name, kind, blob }]
}

describe('the changed files of a push', () => {
  it('are found with any paths, in pieces of any size', () => {
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 8 }),
        fc.array(fc.nat(60), { maxLength: 8 }),
        (entries, cuts) => {
          const bytes = Buffer.from(entries.map(written).join(''))
          const files = new ChangedFiles()
          const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
          const found = at.slice(1).flatMap((end, index) => files.take(bytes.subarray(at[index], end)))
          files.end()
          expect(found).to.deep.equal(entries.flatMap(expected))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('are refused where the output is cut off, however little is missing', () => {
    fc.assert(
      fc.property(entry, fc.nat(), (one, cut) => {
        const bytes = Buffer.from(written(one))
        const files = new ChangedFiles()
        const end = 42 + (cut % (bytes.length - 42))
        fc.pre(end !== one.commit.length + 1)
        const take = () => {
          files.take(bytes.subarray(0, end))
          files.end()
        }
        expect(take).to.throw(/git/)
      }),
    )
  })

  it('are not guessed from another form', () => {
    for (const odd of [':100644 100644 12 34 M\0x\0', 'fatal: bad object\0', ':100644 100644 M\0x\0'])
      expect(() => new ChangedFiles().take(Buffer.from(odd))).to.throw('form that is not known')
    for (const end of ['', '\0'])
      expect(() => new ChangedFiles().take(Buffer.from(`${'a'.repeat(16_385)}${end}`))).to.throw(
        'a path has more than 16384 bytes',
      )
  })
})
