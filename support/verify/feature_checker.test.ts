import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import type { FileToCheck } from './checker'
import { featureChecker } from './feature_checker'

const HOSTS = `Feature: x
  Background:
    Given I want to update hosts with class web
    And there should be at least 2 hosts
`

describe('the check of features', function () {
  this.timeout(300_000)
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
  })
  afterEach(() => scratch.remove())

  const check = async (texts: readonly string[], isStrict = false) => {
    const files = texts.map((text, index): FileToCheck => {
      const name = `${index}.feature`
      scratch.write(name, text)
      return { name, commit: '', path: 'x.feature', kind: 'file', blob: '' }
    })
    const signal = new AbortController().signal
    const { remarks, failure } = await featureChecker({ isStrict }).check(files, {
      folder: scratch.path,
      signal,
    })
    expect(failure).to.equal(undefined)
    return files.map(({ name }) =>
      remarks.get(name)?.map(({ severity, line, message }) => `${severity} ${line} ${message}`),
    )
  }

  it('finds the fault of each file, beside one that cannot be parsed', async () => {
    const [unparsed, bad, good] = await check([
      'Feature: x\n  Scenario: y\n    Given a\n  bla\n',
      `${HOSTS}  Scenario: y\n    When I disable puppet\n`,
      `${HOSTS}  Scenario: y\n    Then the package mywebapp should be installed\n`,
    ])
    expect(unparsed?.join()).to.match(/^error 4 expected: /)
    expect(bad?.join()).to.match(/^error 6 block-without-unblock: /)
    expect(good).to.deep.equal([])
  })

  it('shows what a team may know, and refuses it only where it is strict', async () => {
    const text = `${HOSTS}  Scenario: y
    Given the load balancer is the f5 backend www
    # lockstep: allow our-own-rule because it is known
    And I bake a cake
`
    const patterns = [
      /^warning 6 .*f5/,
      /^warning 7 allow-unknown-rule: /,
      /^warning 8 unknown step: I bake a cake/,
    ]
    const [shown = []] = await check([text])
    for (const pattern of patterns)
      expect(
        shown.some((each) => pattern.test(each)),
        shown.join('\n'),
      ).to.equal(true)
    expect(shown.filter((each) => each.startsWith('error'))).to.deep.equal([])
    const [refused = []] = await check([text], true)
    expect(refused.filter((each) => each.startsWith('error'))).to.have.length(3)
  })

  it('takes variables for values that a rollout fills in, and finds faults beside them', async () => {
    const [good = [], bad = []] = await check([
      `Feature: x
  Scenario: y
    Given I want to update hosts with class <class>
    And there should be at least <n> hosts
    Then the package <package> should be installed
`,
      `${HOSTS}  Scenario: y\n    When I disable puppet\n    Then the package <package> should be installed\n    And the service ?! should be running\n`,
    ])
    expect(good.filter((each) => each.startsWith('error'))).to.deep.equal([])
    expect(bad.join('\n')).to.match(/error 6 block-without-unblock: /)
    expect(bad.join('\n')).to.match(/error 8 /)
  })

  it('refuses lines and steps that are too long, and names no path of this machine', async () => {
    const many = 'the package a '.repeat(1000)
    const [step = [], row = [], line = [], unknown = []] = await check([
      `Feature: x\n  Scenario: y\n    Then ${many}\n`,
      `Feature: x\n  Scenario Outline: y\n    Then <a>\n    Examples:\n      |a|\n      |${many}|\n`,
      `Feature: x\n  Scenario: y\n    Then a\n      |${' '.repeat(900_000)}x|\n`,
      `Feature: x\n  Scenario: y\n    Then ${many.slice(0, 1_900)}\n`,
    ])
    const tooLong = /^error 3 the step "the package a .*…" has 1\d{4} characters; at most 2000 are read/
    for (const remarks of [step, row]) expect(remarks.join('\n')).to.match(tooLong)
    expect(line).to.deep.equal(['error 4 the line has 900009 characters; at most 16384 can be checked'])
    expect(unknown[0]).to.match(/^warning 3 unknown step: .{300}…; lockstep steps lists the known ones$/)
  })

  it('says of a feature without a scenario that nothing of it would be run', async () => {
    const nothing = ['warning 1 no scenario of it would be run']
    expect(await check(['', 'Feature: x\n'])).to.deep.equal([nothing, nothing])
  })
})
