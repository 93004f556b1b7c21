import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT } from '../system/errors'

export interface ProfileOptions {
  /** A team's own step definitions, as cucumber's `require` takes them. */
  require?: readonly string[]
  /** Modules to load first, such as ts-node/register for steps in TypeScript. */
  requireModule?: readonly string[]
  /** The description of the embedded fleet. */
  fleet?: string
}

const root = join(__dirname, '..', '..')
const glue = ['world', 'hooks', 'parameter_types'].map((name) =>
  require.resolve(join(root, 'support', 'cucumber', name)),
)

/**
 * The profiles of a cucumber.js: `default` (embedded, harmless), `live` (the fleet), `ci` (reads features only).
 * Refuses at once what must not be: a live run that names no feature, in parallel, or with retries.
 */
export function profiles(options: ProfileOptions = {}) {
  refuseWhatMustNotBe(process.argv.slice(2))
  const steps = `${join(root, 'step_definitions')}/**/*${__filename.endsWith('.ts') ? '.ts' : '.js'}`
  const common = {
    requireModule: [...(options.requireModule ?? [])],
    require: [...glue, steps, ...(options.require ?? [])],
    plugin: [join(__dirname, 'plugin.cjs')],
    failFast: true,
    tags: 'not @behaviour',
    retry: 0,
    parallel: 0,
    publishQuiet: true,
  }
  const fleet = options.fleet === undefined ? {} : { fleet: options.fleet }
  const reports = () => {
    mkdirSync('reports', { recursive: true })
    return [join(__dirname, 'terminal.cjs'), ['html', 'reports/rollout.html'], ['junit', 'reports/junit.xml']]
  }
  return {
    default: { ...common, format: reports(), worldParameters: { mode: 'embedded', ...fleet } },
    live: { ...common, format: reports(), worldParameters: { mode: 'live' } },
    ci: {
      ...common,
      dryRun: true,
      format: [join(__dirname, 'reading.cjs')],
      worldParameters: { mode: 'ci' },
    },
  }
}

function refuseWhatMustNotBe(args: readonly string[]): void {
  const has = (...names: string[]) =>
    args.some((arg) => names.some((name) => arg === name || arg.startsWith(`${name}=`)))
  const live = args.some(
    (arg, index) =>
      ['-plive', '--profile=live'].includes(arg) ||
      (arg === 'live' && ['-p', '--profile'].includes(args[index - 1] ?? '')),
  )
  if (has('--parallel'))
    refuse('rollouts do not run in parallel: each step fans out by itself; leave out --parallel')
  if (has('--retry')) refuse('a rollout is not retried: a retried step is a second deploy; leave out --retry')
  if (live && !args.some((arg) => /\.feature(:\d+)*$/.test(arg))) {
    refuse('a live rollout names its feature: npx cucumber-js -p live features/deployments/website.feature')
  }
}

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(EXIT.badInput)
}
