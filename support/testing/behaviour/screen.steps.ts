import { Then, type DataTable } from '@cucumber/cucumber'
import { expect } from 'chai'
import type { Manual } from './manual'
import { linesWiderThan, runnerCommands, withoutCommands } from './screen'
import { squeezed, withoutSpaces } from './text'

Then(/^it should say (["'])(.*)\1$/, function (this: Manual, _quote: string, text: string) {
  expect(squeezed(this.output)).to.contain(squeezed(text))
})

Then('it should say:', function (this: Manual, text: string) {
  expect(squeezed(this.output)).to.contain(squeezed(text))
})

Then('it should say of the lines of {string}:', function (this: Manual, name: string, table: DataTable) {
  for (const [line = '', text = ''] of table.raw())
    expect(squeezed(this.output)).to.contain(squeezed(`${name}:${line}: ${text}`))
})

Then(/^it should not say "(.*)"$/, function (this: Manual, text: string) {
  expect(withoutSpaces(this.output)).not.to.contain(withoutSpaces(text))
})

Then('it should show no stack trace', function (this: Manual) {
  expect(this.output).not.to.match(/^\s+at .*[:(]\d+/m)
})

Then('no line should be wider than {int} columns', function (this: Manual, width: number) {
  expect(linesWiderThan(withoutCommands(this.last.stdout), width)).to.deep.equal([])
})

Then('no line of what it says should be wider than {int} columns', function (this: Manual, width: number) {
  expect(linesWiderThan(this.output, width)).to.deep.equal([])
})

Then('no line of the log should be a command but {string}', function (this: Manual, known: string) {
  expect([...new Set(runnerCommands(this))]).to.deep.equal([known])
})
