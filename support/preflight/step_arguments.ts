import type { PickleStep } from '@cucumber/messages'

/** The shape of the function behind a step definition. */
export interface StepFunction {
  /** The number of parameters that the function declares; cucumber compares it with what a line gives. */
  parameters: number
  /** True for Lockstep's own steps, which take tables, and no documents. */
  isOwn: boolean
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
