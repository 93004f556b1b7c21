import type { Contract } from './contract'

/** The contract of discovery, which every daemon answers itself. It has no action, only the word ping. */
export const discovery = {
  agent: 'discovery',
  description: 'Answers who is there',
  timeout: 5,
  actions: {},
} as const satisfies Contract
