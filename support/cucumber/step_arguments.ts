import { join, resolve, sep } from 'node:path'
import { supportCodeLibraryBuilder } from '@cucumber/cucumber'
import type { PickleStep, StepDefinition } from '@cucumber/messages'

/** The shape of the function behind a step definition. */
export interface StepFunction {
  /** The number of parameters that the function declares; cucumber compares it with what a line gives. */
  parameters: number
  /** True for Lockstep's own steps, which take tables, and no documents. */
  isOwn: boolean
}

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

/** Returns whether a pattern is the one told; cucumber tells an expression between slashes only where it has flags. */
function isWritten(pattern: string | RegExp, told: string): boolean {
  return typeof pattern === 'string' ? pattern === told : [pattern.source, String(pattern)].includes(told)
}

/**
 * Returns what is wrong with the table or the document below a line, or with there being none. `values` is the number
 * of values in the line's sentence. Cucumber itself reports such a fault only when the line is run.
 */
export function argumentFault(
  { parameters, isOwn }: StepFunction,
  values: number,
  argument: PickleStep['argument'],
): string | undefined {
  const given =
    argument?.dataTable !== undefined ? 'table' : argument?.docString !== undefined ? 'document' : undefined
  const takes = parameters - values
  if (given === undefined && takes === 0) return undefined
  if (given === undefined && takes === 1)
    return isOwn
      ? 'the step takes a table, and there is none below it'
      : 'the step takes a table or a document, and there is none below it; a function that takes a callback has to return a promise instead'
  if (given !== undefined && takes === 0) return `the step takes no ${given}, and there is one below it`
  if (given === 'document' && takes === 1 && isOwn)
    return 'the step takes a table, and there is a document below it'
  if (given !== undefined && takes === 1) return undefined
  const all = values + (given === undefined ? 0 : 1)
  return `the function of the step has ${count(parameters, 'parameter')}, and the line gives it ${count(all, 'value')}`
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
