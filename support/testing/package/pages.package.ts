import { execFileSync } from 'node:child_process'
import { cpSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { placeOf, readBlocks } from '../docs/blocks'
import { Scratch } from '../scratch'
import { ROOT, shell } from './packed'

describe('the packed package, by the commands of README.md', () => {
  const scratch = new Scratch()
  after(() => scratch.remove())

  it('is made in a clone, installed in a new project, and rehearses a first feature there', () => {
    const clone = join(scratch.path, 'lockstep')
    copyTracked(clone)
    const blocks = readBlocks('README.md').filter(({ marks }) => marks.has('packed'))
    expect(blocks).to.have.lengthOf(1)
    for (const block of blocks) {
      const { status, output } = shell(block.text.trimEnd().split('\n'), clone)
      expect(status, `${placeOf(block)}\n${output}`).to.equal(0)
      expect(output)
        .to.contain('wrote  lockstep.yaml')
        .and.match(/^REHEARSED {2}6 rehearsals /m)
    }
  })
})

/** Copies what a clone has. It shares the installed modules, which are newer than the list of what to install. */
function copyTracked(to: string): void {
  const names = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
  for (const name of names.split('\0').filter(Boolean)) cpSync(join(ROOT, name), join(to, name))
  symlinkSync(join(ROOT, 'node_modules'), join(to, 'node_modules'))
  utimesSync(join(to, 'package-lock.json'), 0, 0)
}
