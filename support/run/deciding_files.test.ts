import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { decidingFiles } from './deciding_files'

describe('what decides what a feature does', () => {
  it('is its code and what chooses that, and nothing that others may write, such as locks', () => {
    const scratch = new Scratch()
    const code = [
      'cucumber.js',
      'cucumber.yml',
      'package.json',
      'node_modules',
      'step_definitions',
      'features',
    ]
    try {
      for (const name of [...code, 'locks', 'state', 'spool', 'serve.log'])
        if (name.includes('.')) scratch.write(name, '')
        else mkdirSync(join(scratch.path, name))
      const found = decidingFiles(scratch.path, 'features/x.feature')
      expect(found).to.have.members(
        ['', 'features/x.feature', ...code].map((name) => join(scratch.path, name)),
      )
    } finally {
      scratch.remove()
    }
  })
})
