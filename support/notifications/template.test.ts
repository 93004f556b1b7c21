import { expect } from 'chai'
import fc from 'fast-check'
import { rolloutEvent } from '../testing/rollout_event'
import { asIs, fill, forJson, forSlack, jsonTemplateFault, templateFault } from './template'

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '"',
    '\\',
    '</b>',
    '<!channel>',
    '<run>',
    '$&',
    "$'",
    '&amp;',
    '\u2028',
    '\ud800',
    '%s',
    '`',
  ),
)

describe('a template', () => {
  it('has the event in place of its placeholders', () => {
    const event = rolloutEvent({ release: 'r7', tickets: ['OPS-1', 'OPS-2'] })
    expect(fill('<event> of <release> on <hosts> in <environment> (<tickets>)', event, asIs)).to.equal(
      'failed of r7 on web3, web9 in production (OPS-1, OPS-2)',
    )
    expect(fill('<release><run>: <feature>', rolloutEvent(), asIs)).to.equal(
      '20261120-224926-f1b1: rolling.feature',
    )
  })

  it('may name nothing that there is not', () => {
    expect(templateFault('<event> <enviroment>')).to.match(
      /a known placeholder in place of <enviroment>: <event>, /,
    )
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(templateFault(`<${name}>`)).to.contain(`in place of <${name}>`)
    expect(templateFault('a < b, <https://example.net|x>, <summary>')).to.equal(undefined)
  })

  it('that has to be JSON is refused when it is none', () => {
    expect(jsonTemplateFault('{"text": "<summary>"}')).to.equal(undefined)
    expect(jsonTemplateFault('{"text": <summary>}')).to.match(/^JSON/)
    expect(jsonTemplateFault('[<hosts>]')).to.match(/^JSON/)
    expect(jsonTemplateFault('{"text": "<sumary>"}')).to.contain('in place of <sumary>')
  })

  it('is JSON for any names of hosts and features', () => {
    fc.assert(
      fc.property(hostile, hostile, (environment, feature) => {
        const text = fill(
          '{"a": "<environment>", "b": ["<feature>"]}',
          rolloutEvent({ environment, feature }),
          forJson,
        )
        const read = JSON.parse(text) as { a: string; b: string[] }
        expect(Object.keys(read)).to.deep.equal(['a', 'b'])
        expect(read.b).to.have.length(1)
      }),
    )
  })

  it('mentions no person in Slack for any names of hosts and features', () => {
    fc.assert(
      fc.property(hostile, hostile, (environment, feature) => {
        const text = fill('<environment> <feature>', rolloutEvent({ environment, feature }), forSlack)
        expect(text).not.to.match(/[<>]/)
        expect(text.replace(/&(amp|lt|gt);/g, '')).not.to.contain('&')
      }),
    )
  })

  it('takes no placeholder out of a value', () => {
    const event = rolloutEvent({ environment: '<run>$&' })
    expect(fill('<environment>', event, asIs)).to.equal('<run>$&')
  })

  it('is read to its end, for any text', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string()), (template) => {
        if (templateFault(template) === undefined) fill(template, rolloutEvent(), asIs)
        jsonTemplateFault(template)
      }),
    )
  })
})
