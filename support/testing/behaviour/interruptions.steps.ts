import { When } from '@cucumber/cucumber'
import { interrupt, interruptLockstep, runHalted } from './halting'
import { cutLastJournal, removeLiveJournals } from './journals'
import type { Manual } from './manual'
import { runAndAnswer, runBeside, runInLine } from './meanwhile'

When(
  'I run cucumber-js {string} and press Ctrl-C at {string}',
  async function (this: Manual, args: string, at: string) {
    this.run = await interrupt(this, args, at, ['SIGINT'])
  },
)

When(
  'I run cucumber-js {string} and press Ctrl-C twice at {string}',
  async function (this: Manual, args: string, at: string) {
    this.run = await interrupt(this, args, at, ['SIGINT', 'SIGINT'])
  },
)

When(
  'I run cucumber-js {string} and send it {string} at {string}',
  async function (this: Manual, args: string, signal: NodeJS.Signals, at: string) {
    this.run = await interrupt(this, args, at, [signal])
  },
)

When(
  'I run cucumber-js {string} and kill it with -9 at {string}',
  async function (this: Manual, args: string, at: string) {
    this.run = await interrupt(this, args, at, ['SIGKILL'])
  },
)

When(
  'I run lockstep {string} and send it {string} at {string}',
  async function (this: Manual, args: string, signal: NodeJS.Signals, at: string) {
    this.run = await interruptLockstep(this, args, at, signal)
  },
)

When(
  'I run cucumber-js {string} and the broker is gone at {string}',
  async function (this: Manual, args: string, at: string) {
    this.run = await runHalted(this, args, at, async () => this.elsewhere?.stop())
  },
)

When(
  'I run cucumber-js {string} and HAProxy is gone at {string}',
  async function (this: Manual, args: string, at: string) {
    this.run = await runHalted(this, args, at, async () => this.haproxy?.stop())
  },
)

When(
  'I run cucumber-js {string} and the journals are removed at {string}',
  async function (this: Manual, args: string, at: string) {
    this.run = await runHalted(this, args, at, async () => removeLiveJournals(this))
  },
)

When(
  /^I run cucumber-js "(.*)" and at "(.*)" its journal is (shortened|exchanged) to what it was before anybody was taken out$/,
  async function (this: Manual, args: string, at: string, how: 'shortened' | 'exchanged') {
    this.run = await runHalted(this, args, at, async () => cutLastJournal(this, how))
  },
)

When(
  'I run cucumber-js {string} and then, at {string}, {string}',
  async function (this: Manual, first: string, at: string, second: string) {
    await runBeside(this, first, at, second)
  },
)

When(
  'I run cucumber-js {string} and then, at {string}, {string}, which waits',
  async function (this: Manual, first: string, at: string, second: string) {
    await runInLine(this, first, at, second)
  },
)

When(
  'I run cucumber-js {string}, and somebody writes {string} to {string} when asked',
  async function (this: Manual, args: string, answer: string, name: string) {
    this.run = await runAndAnswer(this, args, answer, name)
  },
)
