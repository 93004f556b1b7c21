import { join, resolve, sep } from 'node:path'
import { supportCodeLibraryBuilder } from '@cucumber/cucumber'
import type { StepDefinition } from '@cucumber/messages'
import type { StepFunction } from '../preflight/step_arguments'

/** The part of a definition that cucumber keeps beside what its messages tell. */
interface DefinitionConfig {
  code: { length: number }
  pattern: string | RegExp
  line: number
  uri: string
}

const OWN = join(__dirname, '..', '..', 'step_definitions') + sep

/**
 * Returns the shape of the function behind a step definition.
 * @throws Error when cucumber no longer tells, since every line would pass then
 */
export function stepFunctionOf({ id, pattern, sourceReference }: StepDefinition): StepFunction {
  const { stepDefinitionConfigs } = supportCodeLibraryBuilder as unknown as {
    stepDefinitionConfigs: readonly DefinitionConfig[]
  }
  const { uri = '', location } = sourceReference
  const found = stepDefinitionConfigs.find(
    (each) => each.uri === uri && each.line === location?.line && isWritten(each.pattern, pattern.source),
  )
  if (found === undefined)
    throw new Error(`no function of the step definition ${id} at ${uri}:${location?.line}`)
  return { parameters: found.code.length, isOwn: resolve(uri).startsWith(OWN) }
}

/** Returns whether a pattern is the given one; cucumber shows an expression between slashes only where it has flags. */
function isWritten(pattern: string | RegExp, told: string): boolean {
  return typeof pattern === 'string' ? pattern === told : [pattern.source, String(pattern)].includes(told)
}
