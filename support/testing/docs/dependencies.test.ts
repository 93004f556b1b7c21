import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ROOT } from './blocks'

describe('the dependencies', () => {
  it('have their reasons in docs/architecture.md, and no others are named there', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
      'dependencies' | 'devDependencies' | 'peerDependencies',
      Readonly<Record<string, string>>
    >
    const { dependencies, devDependencies, peerDependencies } = manifest
    const wanted = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })
    const page = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8')
    const [, reasons = ''] = page.split('\n## Dependencies, and why\n')
    const named = [...reasons.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !name.startsWith('docs/'))).to.have.members(wanted)
  })
})
