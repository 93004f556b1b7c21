import { join } from 'node:path'
import { expect } from 'chai'
import ts from 'typescript'
import { Scratch } from '../scratch'
import { listPages, placeOf, readBlocks, ROOT } from './blocks'

const OPTIONS: ts.CompilerOptions = {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  allowJs: true,
  checkJs: false,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  types: ['node'],
  typeRoots: [join(ROOT, 'node_modules', '@types')],
  paths: {
    lockstep: [join(ROOT, 'support', 'index.ts')],
    '@cucumber/cucumber': [join(ROOT, 'node_modules', '@cucumber', 'cucumber')],
  },
}

describe('the code of the pages', () => {
  it('compiles in a project of a team @long', () => {
    const scratch = new Scratch()
    const blocks = listPages()
      .flatMap((page) => readBlocks(page))
      .filter(({ language, marks }) => ['ts', 'js'].includes(language) && !marks.has('untested'))
    expect(blocks).not.to.deep.equal([])
    const files = new Map(
      blocks.map((block, index) => {
        // A block of one page may import another one, by the name that its mark gives it.
        const name = block.marks.get('file') ?? `block${index}.${block.language}`
        return [scratch.write(name, block.text), block]
      }),
    )
    const program = ts.createProgram([...files.keys()], OPTIONS)
    // Lockstep's own sources are compiled by settings of their own.
    const faults = ts.getPreEmitDiagnostics(program).flatMap(({ file, start = 0, messageText }) => {
      const block = files.get(file?.fileName ?? '')
      if (file === undefined || block === undefined) return []
      const { line } = file.getLineAndCharacterOfPosition(start)
      const place = placeOf({ ...block, line: block.line + line + 1 })
      return [`${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`]
    })
    scratch.remove()
    expect(faults).to.deep.equal([])
  })
})
