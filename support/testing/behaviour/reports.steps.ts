import { Then, type DataTable } from '@cucumber/cucumber'
import { expect } from 'chai'
import { readText } from './files'
import type { Manual } from './manual'
import { filesLeft, readJunitCases, type JunitCase } from './reports'

Then('{int} hosts should be out of rotation', function (this: Manual, n: number) {
  expect(this.last.report?.outOfRotation, this.output).to.have.length(n)
})

Then('the step {string} should have counted:', function (this: Manual, text: string, table: DataTable) {
  const step = this.last.report?.steps.find((each) => each.text === text)
  const counts = Object.entries(table.rowsHash()).map(([name, value]) => [name, Number(value)])
  expect(step?.counts, this.output).to.deep.equal(Object.fromEntries(counts))
})

Then('the JUnit report should say:', function (this: Manual, table: DataTable) {
  const [columns = []] = table.raw()
  const shown = readJunitCases(this).map((each) =>
    Object.fromEntries(columns.map((key) => [key, each[key as keyof JunitCase]])),
  )
  expect(shown).to.deep.equal(table.hashes())
})

Then('nothing that the run leaves should contain {string}', function (this: Manual, text: string) {
  expect(filesLeft(this).filter((path) => readText(this, path).includes(text))).to.deep.equal([])
})
