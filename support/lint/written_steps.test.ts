import { expect } from 'chai'
import fc from 'fast-check'
import { SENTENCES } from '../sentences/catalogue'
import { readSteps } from './written_steps'

describe('the steps of a written feature', () => {
  const TEXT = `Feature: Two
  Background:
    Given I want to update hosts with class roles::web
  Scenario: One
    When I update the package mywebapp
    And a step of our own:
      """
      When I restart the service not-a-step
      """
  Rule: Later
    Background:
      Given the load balancer is the haproxy backend www
    Scenario Outline: Two
      Given I take <wave>
      Then the check check_http should be ok within 30 seconds
      Examples:
        | wave   |
        | 1 host |
  Rule: Last
    Example: Three
      Then puppet should be enabled
`
  const steps = readSteps(TEXT).map(({ steps: own }) => own.map(({ line, text }) => `${line} ${text}`))

  it('are of the longest sentence that they can be', () => {
    const phrase = [...SENTENCES.keys()].find((each) => each.endsWith('{days} in {zone}')) ?? ''
    const text = phrase
      .replaceAll('{time}', '9:00')
      .replace('{days}', 'Monday to Friday')
      .replace('{zone}', 'Europe/Berlin')
    const [scenario] = readSteps(`Feature: A\n  Scenario: B\n    Given ${text}\n`)
    expect(scenario?.steps[0]?.expression).to.equal(phrase)
  })

  it('are those of its scenarios, after those of the Backgrounds that they have', () => {
    expect(steps).to.deep.equal([
      [
        '3 I want to update hosts with class roles::web',
        '5 I update the package mywebapp',
        '6 a step of our own:',
      ],
      [
        '3 I want to update hosts with class roles::web',
        '12 the load balancer is the haproxy backend www',
        '14 I take <wave>',
        '15 the check check_http should be ok within 30 seconds',
      ],
      ['3 I want to update hosts with class roles::web', '21 puppet should be enabled'],
    ])
  })

  it('have the sentence that they are written by, their values and the meaning of their keyword', () => {
    const [one] = readSteps(TEXT)
    expect(one?.steps.map(({ expression, keyword }) => [expression, keyword])).to.deep.equal([
      ['I want to update hosts with class {class}', 'context'],
      ['I update the package {package}', 'action'],
      [undefined, 'action'],
    ])
    expect(one?.steps[1]?.arguments).to.deep.equal([{ type: 'package', value: 'mywebapp' }])
  })

  it('are read of every sentence of the catalogue', () => {
    const values: Record<string, string> = {
      string: '"a b"',
      wave: '25%',
      duration: '30 seconds',
      fact: 'a=b',
    }
    for (const phrase of SENTENCES.keys()) {
      const text = phrase.replace('(s)', 's').replace(/\{(\w+)\}/g, (_, type: string) => values[type] ?? 'x')
      const [scenario] = readSteps(`Feature: x\nScenario: x\n* ${text}`)
      expect(scenario?.steps[0]?.expression, text).to.equal(phrase)
    }
  })

  it('are none of any other text, which breaks nothing', () => {
    fc.assert(fc.property(fc.string(), (text) => void readSteps(text)))
  })
})
