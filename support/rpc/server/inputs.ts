import type { Data } from '../contracts/contract'

/** Returns an input that the contract requires to be text. */
export function textInput(inputs: Readonly<Record<string, Data>>, name: string): string {
  const value = inputs[name]
  if (typeof value !== 'string') throw new TypeError(`the contract lets ${name} be something other than text`)
  return value
}
