import type { Environment } from '../config/environment'
import { anyOf, parseGivenVariables, Variables } from '../config/variables'
import type { ProcessContext } from '../config/mcollective_cfg'
import { LockstepError } from '../system/errors'
import { traitsOf } from '../run/modes'
import { configPath, type RunParameters } from '../run/parameters'
import type { ReadFeatures } from '../run/run'

const GIVEN = 'LOCKSTEP_VARIABLES'

/** Returns the reader of files with variables, which is loaded only where there is such a file. */
type Reader = () => typeof import('../config/variables_file')

/**
 * Returns the values of `<name>` in the features of a run, from its environment or, instead, from LOCKSTEP_VARIABLES.
 * An embedded fleet has no variables of its own; a rehearsal has those of the environment that it is of.
 * @throws LockstepError `bad-config` or `bad-input`; no secret was read then
 */
export function variablesFor(
  parameters: RunParameters,
  context: ProcessContext,
  cwd: string,
  reader: Reader,
): Variables {
  const given = parseGivenVariables(context.env[GIVEN] ?? '', GIVEN)
  const all = defineFor(parameters, context, cwd, reader).map((each) => each.overriddenBy(given, GIVEN))
  for (const each of all) each.check()
  const [only] = all
  return only !== undefined && all.length === 1 ? only : anyOf(all)
}

/**
 * Returns the environment with the variables that the run uses, secrets too.
 * @throws LockstepError `bad-config` when features were filled for another one
 */
export function withVariables(
  environment: Environment,
  substitution: ReadFeatures['substitution'],
  parameters: RunParameters,
  { env }: ProcessContext,
): Environment {
  if (substitution === undefined || !substitution.of.isUsed) return environment
  const { of, parameters: read } = substitution
  const told = ({ mode, environment: name }: RunParameters) =>
    `mode ${mode ?? 'embedded'}, environment ${name ?? env['LOCKSTEP_ENVIRONMENT'] ?? 'not named'}`
  if (told(read) !== told(parameters)) {
    throw new LockstepError(
      'bad-config',
      `variables were read for ${told(read)}, and the run goes to ${told(parameters)}; name the environment with LOCKSTEP_ENVIRONMENT, and give a profile of your own the same as worldParameters and as pluginOptions.lockstep`,
    )
  }
  const inUse = of.inUse()
  return { ...environment, ...inUse, warnings: [...new Set([...environment.warnings, ...of.warnings])] }
}

function defineFor(
  parameters: RunParameters,
  context: ProcessContext,
  cwd: string,
  reader: Reader,
): Variables[] {
  const { variables } = traitsOf(parameters)
  if (variables === 'none') return [new Variables('the embedded fleet', new Map())]
  const path = configPath(context, cwd)
  if (path === undefined) return [new Variables(GIVEN, new Map())]
  const { readAllVariables, readVariables } = reader()
  const wanted = parameters.environment ?? context.env['LOCKSTEP_ENVIRONMENT']
  return variables === 'any environment' && wanted === undefined
    ? readAllVariables(path, context)
    : [readVariables(path, wanted, context)]
}
