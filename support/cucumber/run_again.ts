import { EXIT } from '../system/errors'
import { configurationOf } from './resolved_options'

/**
 * Runs cucumber-js as its command does, and writes no file of a report. Those that the command line and cucumber.js name
 * are of the run that begins this one.
 */
export async function runAgain(process: NodeJS.Process): Promise<void> {
  const { argv, stdout, stderr, env } = process
  const { runCucumber } = require('@cucumber/cucumber/api') as typeof import('@cucumber/cucumber/api')
  const cwd = process.cwd()
  try {
    const { useConfiguration, runConfiguration } = await configurationOf(argv.slice(2), cwd)
    const formats = { ...runConfiguration.formats, files: {}, publish: false as const }
    const { success } = await runCucumber({ ...runConfiguration, formats }, { cwd, stdout, stderr, env })
    process.exitCode = success ? EXIT.passed : EXIT.failed
    if (useConfiguration.forceExit) process.exit()
  } catch (error) {
    stderr.write(`${String(error)}\n`)
    process.exit(EXIT.failed)
  }
}
