/** The ways by which a person answers a gate. */
export const GATE_MEANS = ['console', 'terminal', 'file', 'signal'] as const
export type GateMeans = (typeof GATE_MEANS)[number]

/** How a gate came to its end: `late` when no one answered in time, `stopped` with its run, `failed` where it cannot be asked. */
export const GATE_OUTCOMES = ['approved', 'refused', 'late', 'stopped', 'failed'] as const
export type GateOutcome = (typeof GATE_OUTCOMES)[number]

/** A gate at which a run waits, or has waited, for a person. Moments are in ISO 8601. */
export interface Gate {
  gate: string
  question: string
  since: string
  until: string
  ended: GateEnd | undefined
}

export interface GateEnd {
  outcome: GateOutcome
  /** The person who answered; undefined where no one did. */
  by?: string
  means?: GateMeans
  at: string
}

/** A gate that is over, as files for programs have it. Nulls stand where no person answered. */
export interface GateRecord {
  question: string
  outcome: GateOutcome
  by: string | null
  means: GateMeans | null
  at: string
}

/** Returns a gate that is over as files for programs have it. */
export function recordOf(question: string, { outcome, by, means, at }: GateEnd): GateRecord {
  return { question, outcome, by: by ?? null, means: means ?? null, at }
}

/** Returns a gate that is over, as a line of text. */
export function describeGate({ question, outcome, by, means, at }: GateRecord): string {
  const end = { outcome, ...(by === null ? {} : { by }), ...(means === null ? {} : { means }) }
  return `${question} ${describeGateEnd(end)}, at ${at}`
}

/** The words for a means, behind the name of who used it. */
const WORDS: Readonly<Record<GateMeans, string>> = {
  console: 'in the console',
  terminal: 'in the terminal',
  file: 'by a file',
  signal: 'by a signal',
}

/** Returns how a gate came to its end, as a sentence without a full stop. */
export function describeGateEnd({ outcome, by, means }: Omit<GateEnd, 'at'>): string {
  if (outcome === 'late') return 'no one answered in time'
  if (outcome === 'stopped') return 'the run was stopped while it waited'
  if (outcome === 'failed') return 'it could not be asked'
  return `${outcome} by ${by ?? 'someone'}${means === undefined ? '' : ` ${WORDS[means]}`}`
}
