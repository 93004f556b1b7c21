import { After, setDefaultTimeout, setWorldConstructor } from '@cucumber/cucumber'
import { Manual } from './manual'

setWorldConstructor(Manual)
// The time-out ends only a process that hangs: no result depends on how busy the machine is.
setDefaultTimeout(900_000)

After(async function (this: Manual) {
  await this.end()
})
