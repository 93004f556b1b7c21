import { Then, type DataTable } from '@cucumber/cucumber'
import { expect } from 'chai'
import { expectForm } from '../json_form'
import { readText } from './files'
import type { Manual } from './manual'
import { parseHosts } from '../../rollout/model/parse_hosts'
import { IRREGULAR_HOSTS } from './fleet'
import { planOf } from './plans'
import { hostsTold, linesWiderThan, runnerCommands, withoutCommands, withoutTimes } from './screen'
import { squeezed, withoutSpaces } from './text'

Then(/^it should say (["'])(.*)\1$/, function (this: Manual, _quote: string, text: string) {
  expect(squeezed(withoutTimes(this.output))).to.contain(squeezed(text))
})

Then('it should say:', function (this: Manual, text: string) {
  expect(squeezed(withoutTimes(this.output))).to.contain(squeezed(text))
})

Then('it should say of the lines of {string}:', function (this: Manual, name: string, table: DataTable) {
  for (const [line = '', text = ''] of table.raw())
    expect(squeezed(withoutTimes(this.output))).to.contain(squeezed(`${name}:${line}: ${text}`))
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

Then(
  'beside waits it should take at most {int} lines of {int} columns',
  function (this: Manual, most: number, width: number) {
    const lines = this.last.stdout.split('\n').filter((line) => !/^ *… .* · waits for /.test(line))
    expect(lines.join('\n').trimEnd().split('\n').length, this.last.stdout).to.be.at.most(most)
    expect(linesWiderThan(withoutCommands(lines.join('\n')), width)).to.deep.equal([])
  },
)

Then('{int} hosts should be named or counted as {string}', function (this: Manual, n: number, what: string) {
  const { named, counted } = hostsTold(this.last.stdout, what)
  expect(IRREGULAR_HOSTS).to.include.members(named)
  expect(new Set(named).size + counted, this.last.stdout).to.equal(n)
})

Then('it should name all hosts of the fleet', function (this: Manual) {
  const [, block = ''] = /^Out of rotation.*\n.*\n((?: {4}.*\n)*?) {4}since /m.exec(this.last.stdout) ?? []
  expect(parseHosts(block.replace(/\s+/g, ' '))).to.have.members(IRREGULAR_HOSTS)
})

Then('no line of the log should be a command but {string}', function (this: Manual, known: string) {
  expect([...new Set(runnerCommands(this))]).to.deep.equal([known])
})

Then('it should print nothing but JSON of the form {string}', function (this: Manual, form: string) {
  expectForm(this.last.stdout, form)
})

Then(
  'the file {string} should be JSON of the form {string}',
  function (this: Manual, name: string, form: string) {
    expectForm(readText(this, name), form)
  },
)

Then('the plan that was made should be JSON of the form {string}', function (this: Manual, form: string) {
  expectForm(readText(this, planOf(this).path), form)
})
