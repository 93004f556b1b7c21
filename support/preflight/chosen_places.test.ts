import { expect } from 'chai'
import { faultOfChosenPlaces } from './chosen_places'

const ALL = [
  { uri: 'features/web.feature', name: 'One', lines: [2] },
  { uri: 'features/web.feature', name: 'Two', lines: [6, 11] },
  { uri: 'features/web.feature', name: 'Two', lines: [6, 12] },
]
const fault = (paths: readonly string[], names: readonly string[] = []) =>
  faultOfChosenPlaces({ paths, names, cwd: '/repo' }, ALL)

describe('a choice of scenarios by line and name', () => {
  it('is fine where each line and each name selects a scenario', () => {
    for (const path of [
      'features/web.feature',
      'features/web.feature:2:12',
      './features/web.feature:6',
      'features',
    ])
      expect(fault([path])).to.equal(undefined)
    expect(fault(['/repo/features/web.feature:11'], ['^On', 'Two'])).to.equal(undefined)
  })

  it('is refused for a line that selects nothing, beside others that do', () => {
    const why = 'selects no scenario; write the line of a scenario, or of a row of its examples, such as'
    expect(fault(['features/web.feature:2:99'])).to.equal(
      `features/web.feature:99 ${why} features/web.feature:12`,
    )
    expect(fault(['features/web.feature:6', 'features/web.feature:7'])).to.contain(`web.feature:7 ${why}`)
    expect(fault(['features/web.feature:1'])).to.contain('such as features/web.feature:2')
  })

  it('is refused for a line of a folder or of a pattern: every scenario there would be run', () => {
    for (const path of ['features', 'features/*.feature'])
      expect(fault([`${path}:2`])).to.equal(
        `${path}:2 selects no scenario; a line needs the path of one feature`,
      )
  })

  it('is refused for a name that no scenario has, beside others that do', () => {
    expect(fault([], ['One', 'Typo'])).to.equal('no scenario has a name that "Typo" matches')
  })
})
