import { createColors } from 'picocolors'
import { clean } from '../rollout/model/verdict'
import { padColumns } from '../system/columns'
import { wrapWords } from '../system/wrapped'
import type { FindingState } from './check'
import type { NamedFinding } from './examine'

const COLUMNS = 80
const STATE_COLUMNS = 13
const CHECK_COLUMNS = 15
const MAX_TEXT = 600
const MAX_PASTED = 4_000

const SHOWN: Readonly<Record<FindingState, string>> = {
  ok: 'ok',
  warn: 'warn',
  fail: 'FAIL',
  'not checked': 'not checked',
}

/** Formats findings for a person: a line each, what mends it and what can be pasted below, and their sum. */
export function formatFindings(findings: readonly NamedFinding[], isColoured: boolean): string {
  const paint = createColors(isColoured)
  const colours = { ok: paint.green, warn: paint.yellow, fail: paint.red, 'not checked': paint.dim }
  const indent = STATE_COLUMNS + CHECK_COLUMNS
  const lines = findings.flatMap(({ state, check, what, mend, paste }, index) => {
    const [first = '', ...more] = wrapWords(clean(what, MAX_TEXT), COLUMNS - indent)
    const name = findings[index - 1]?.check === check ? '' : check
    const word = colours[state](padColumns(SHOWN[state], STATE_COLUMNS))
    const below = mend === undefined ? [] : wrapWords(`→ ${clean(mend, MAX_TEXT)}`, COLUMNS - indent)
    return [
      `${word}${padColumns(name, CHECK_COLUMNS)}${first}`,
      ...[...more, ...below.map((line) => paint.bold(line))].map((line) => ' '.repeat(indent) + line),
      // What is pasted is not wrapped: half of a command would be another one.
      ...(paste === undefined ? [] : [`    ${paint.bold(clean(paste, MAX_PASTED))}`]),
    ]
  })
  return `${lines.join('\n')}\n\n${sumOf(findings)}\n`
}

function sumOf(findings: readonly NamedFinding[]): string {
  const states: FindingState[] = ['fail', 'warn', 'ok', 'not checked']
  return states
    .map((state) => ({ state, n: findings.filter((finding) => finding.state === state).length }))
    .filter(({ n }) => n > 0)
    .map(({ state, n }) => `${n} ${SHOWN[state]}`)
    .join(' · ')
}

/** Findings for programs. */
export interface FindingsDocument {
  exitCode: number
  findings: readonly {
    check: string
    state: FindingState
    what: string
    mend: string | null
    paste: string | null
  }[]
}

export function findingsDocument(findings: readonly NamedFinding[], exitCode: number): FindingsDocument {
  return {
    exitCode,
    findings: findings.map(({ check, state, what, mend, paste }) => ({
      check,
      state,
      what,
      mend: mend ?? null,
      paste: paste ?? null,
    })),
  }
}
