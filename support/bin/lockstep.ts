import { held } from './held'
import { init } from './init'
import { steps } from './steps'
import { LockstepError } from '../system/errors'
import { exitCodeFor } from '../system/errors'

const USAGE = `lockstep: deploys as Cucumber features, carried out over MCollective

  npx lockstep held     which hosts are out of rotation, since when, by which run
  npx lockstep steps    every sentence that a feature can use
  npx lockstep init     prepares this repository: cucumber.js, a first feature, editor settings

  npx cucumber-js                              on the embedded fleet, harmless
  npx cucumber-js -p ci   path/to/x.feature    reads the feature, sends nothing
  npx cucumber-js -p live path/to/x.feature    rolls out
`

const COMMANDS: Readonly<Record<string, (cwd: string) => { text: string; exitCode: number }>> = {
  held,
  init,
  steps,
}

/** The `lockstep` command. Rollouts themselves are run by cucumber-js. */
export function main(args: readonly string[], cwd: string): void {
  const [name = 'help', ...rest] = args
  if (['help', '--help', '-h'].includes(name)) return print(USAGE, 0)
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined || rest.length > 0) {
    process.stderr.write(`lockstep: there is no command ${JSON.stringify(args.join(' '))}\n\n${USAGE}`)
    process.exitCode = 2
    return
  }
  try {
    const { text, exitCode } = command(cwd)
    print(text, exitCode)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = exitCodeFor(error.code)
  }
}

function print(text: string, exitCode: number): void {
  process.stdout.write(text)
  process.exitCode = exitCode
}
