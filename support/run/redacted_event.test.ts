import { expect } from 'chai'
import type { DurableEvent } from './events'
import { eventRedactor } from './redacted_event'

const asked = (inputs: Record<string, string | number | boolean>): DurableEvent => ({
  type: 'asked',
  step: 'run it',
  line: 1234,
  requestId: 'r',
  agent: 'door',
  action: 'open',
  inputs,
  mutating: true,
  hosts: ['web1'],
})

describe('the events of a run with secrets', () => {
  const redact = eventRedactor(['hunter2', '1234'])

  it('do not tell what actions are told, whether as a text or as a number', () => {
    const told = { name: 'x', pin: 1234, call: 'me:hunter2', open: true }
    expect(redact(asked(told))).to.deep.equal(asked({ name: 'x', pin: '***', call: 'me:***', open: true }))
  })

  it('do not tell what a person has said at a gate', () => {
    const ended = { type: 'gate ended', gate: 'g', outcome: 'approved', means: 'file' } as const
    expect(redact({ ...ended, by: 'me hunter2' })).to.deep.equal({ ...ended, by: 'me ***' })
  })

  it('do not tell what hosts, people and code have said, however deep it stands', () => {
    const line = { uri: 'hunter2.feature', scenarioId: '1', line: 2, text: 'say hunter2' }
    expect(redact({ type: 'fault', ...line, message: 'it is hunter2' })).to.deep.equal({
      type: 'fault',
      ...line,
      text: 'say ***',
      message: 'it is ***',
    })
    const refused = { type: 'refused', code: 'bad-config', message: 'no hunter2' } as const
    expect(redact(refused)).to.deep.equal({ ...refused, message: 'no ***' })
  })

  it('tell neither in the text of a feature nor in what cucumber says of a line', () => {
    const text = {
      type: 'text',
      uri: 'hunter2.feature',
      text: 'say hunter2',
      values: { hunter2: '1234', plain: 'a value' },
    } as const
    const values = { plain: 'a value' }
    expect(redact(text)).to.deep.equal({ ...text, text: 'say ***', values, hasHidden: true })
    expect(redact({ ...text, text: 'plain' })).to.deep.equal({ ...text, text: 'plain', values })
    const ended = { type: 'line ended', uri: 'x', scenarioId: '1', line: 2, status: '1234', took: 1 } as const
    expect(redact(ended)).to.equal(ended)
    expect(redact({ ...ended, message: 'no hunter2' })).to.deep.equal({ ...ended, message: 'no ***' })
  })

  it('keep the sentences that lines are judged by, and none of a team', () => {
    const ofLine = (expression: string): DurableEvent => ({
      type: 'omission',
      uri: 'x.feature',
      scenarioId: '1',
      line: 2,
      text: 'I do it',
      fate: 'passed',
      expression,
    })
    const hosts = eventRedactor(['hosts'])
    expect(hosts(ofLine('I want to update the hosts:'))).to.deep.equal(ofLine('I want to update the hosts:'))
    expect(hosts(ofLine('I look at the hosts'))).to.deep.equal(ofLine('I look at the ***'))
  })

  it('keep the names that later runs go by, and all else', () => {
    const opened: DurableEvent = { type: 'opened', obligation: 'blocks 1234', hosts: ['hunter2'] }
    expect(redact(opened)).to.equal(opened)
    expect(eventRedactor([])(asked({ name: 'hunter2' }))).to.deep.equal(asked({ name: 'hunter2' }))
  })
})
