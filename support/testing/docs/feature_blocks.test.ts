import { expect } from 'chai'
import { listPages, placeOf, readBlocks, type Block } from './blocks'
import { PageProject } from './page_project'

/** The values that the features of the pages take from lockstep.yaml. */
const CONFIGURATION = `environments:
  test:
    client_config: client.cfg
    haproxy: [{ host: lb1.example.net, port: 9999 }]
    variables: { country: de, version: 4.2.6-3.el5, app: shop, tag: v4.2.6, token: { env: TOKEN } }
`
/** A fault that the linter names: the feature, and a rule or the fault in words. */
const FAULT = /^block(\d+)\.feature:\d+: ([^:\n]+):(?! warning,)/gm

describe('the features of the pages', () => {
  it('have the errors that their blocks name, and no others, by the linter', async () => {
    const blocks = listPages()
      .flatMap((page) => readBlocks(page))
      .filter(({ language, marks }) => language === 'gherkin' && !marks.has('untested'))
    const project = await PageProject.prepare('a project')
    try {
      project.write('lockstep.yaml', CONFIGURATION)
      blocks.forEach((block, index) => project.write(`block${index}.feature`, featureOf(block)))
      const { output } = await project.run('cucumber-js -p lint *.feature')
      const found = [...output.matchAll(FAULT)].flatMap(([, index, fault = '']) => {
        const block = blocks[Number(index)]
        return block === undefined || isIncomplete(block, fault) ? [] : [`${placeOf(block)}: ${fault}`]
      })
      const named = blocks.flatMap((block) =>
        (block.marks.get('finds') ?? '')
          .split(',')
          .flatMap((rule) => (rule === '' ? [] : `${placeOf(block)}: ${rule}`)),
      )
      expect(found, output).to.have.members(named)
      expect(output).to.match(/^(?:READ|INVALID) /m)
    } finally {
      await project.end()
    }
  })
})

/** Says whether a rule finds that a block is only a part of a feature: rules have names, other faults have words. */
function isIncomplete({ text }: Block, fault: string): boolean {
  return !isWhole(text) && !fault.includes(' ')
}

function isWhole(text: string): boolean {
  return /^\s*Feature:/m.test(text)
}

/** Returns the feature that a block shows, or one around the part that it shows. */
function featureOf({ text }: Block): string {
  if (isWhole(text)) return text
  if (/^\s*(?:@\w+|Scenario)/.test(text)) return `Feature: Part\n${text}`
  if (/^\s*Background/.test(text))
    return `Feature: Part\n${text}\n  Scenario: Part\n    Then every host should answer\n`
  return `Feature: Part\n  Scenario: Part\n${text}`
}
