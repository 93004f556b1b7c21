import type { Contract } from './contract'

/** Answered by every daemon itself; there is no action, only the word ping. */
export const discovery = {
  agent: 'discovery',
  description: 'Answers who is there',
  timeout: 5,
  actions: {},
} as const satisfies Contract
