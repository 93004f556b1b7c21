import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../../testing/scratch'
import { listFeatures, readFeature, variablesIn } from './feature_list'

describe('the features that people may start', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  it('are those that the globs name, below the folder, and none that a command takes for something else', () => {
    for (const path of [
      'features/a.feature',
      'features/deployments/b.feature',
      'features/deployments/c.txt',
      'features/--require=x.feature',
      'features/a,b.feature',
      'features/a:3.feature',
      'features/{a}.feature',
      'features/.hidden/x.feature',
      'node_modules/x.feature',
      'other.feature',
    ])
      scratch.write(path, 'Feature: x\n')
    const elsewhere = scratch.write('elsewhere/d.feature', 'Feature: x\n')
    symlinkSync(elsewhere, join(scratch.path, 'features', 'link.feature'))
    symlinkSync(join(scratch.path, 'elsewhere'), join(scratch.path, 'features', 'linked'))
    const list = (...globs: string[]) => listFeatures(scratch.path, globs)
    expect(list('features/*.feature')).to.deep.equal(['features/a.feature'])
    expect(list('features/**/*.feature')).to.deep.equal([
      'features/a.feature',
      'features/deployments/b.feature',
    ])
    expect(list('**/*.feature')).to.deep.equal([
      'elsewhere/d.feature',
      'features/a.feature',
      'features/deployments/b.feature',
      'other.feature',
    ])
    expect(list('other.feature', 'other.feature')).to.deep.equal(['other.feature'])
    expect(list('o.her.feature')).to.deep.equal([])
    expect(list()).to.deep.equal([])
    expect(readFeature(scratch.path, 'gone.feature')).to.equal(undefined)
  })

  it('have the variables of their steps, tables and texts, and no columns of examples', () => {
    expect(
      variablesIn(`# <comment>
Feature: <title>
  About <words>
  Background:
    Given the package <package>
  Scenario Outline: on <wave>
    Given I take <wave>
    When I use these:
      | <cell> |
    And a text
      """
      <text>
      """
    Examples:
      | wave   |
      | <size> |
  Scenario: two
    Then <wave> is a variable here, and \\<not> is none, nor <NODE_OPTIONS>
`),
    ).to.deep.equal(['cell', 'package', 'size', 'text', 'wave'])
  })
})
