import { Given, Then, When } from '@cucumber/cucumber'
import { expect } from 'chai'
import { appendFile, isThere, makeOddFile, readText, removeFolder, writeText, type OddFile } from './files'
import type { Manual } from './manual'

Given('a file {string}:', function (this: Manual, name: string, text: string) {
  writeText(this, name, text)
})

Given(
  /^there is a (folder|pipe|link to nowhere) "(.*)"$/,
  function (this: Manual, kind: OddFile, name: string) {
    makeOddFile(this, kind, name)
  },
)

Given('the file {string} goes on {string}', function (this: Manual, more: string, name: string) {
  appendFile(this, more, name)
})

When('somebody deletes the folder {string}', function (this: Manual, name: string) {
  removeFolder(this, name)
})

Then('the file {string} should contain {string}', function (this: Manual, name: string, text: string) {
  expect(readText(this, name)).to.contain(text)
})

Then('the file/folder {string} should not exist', function (this: Manual, name: string) {
  expect(isThere(this, name)).to.equal(false)
})
