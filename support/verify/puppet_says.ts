import { basename } from 'node:path'
import type { Remark } from './remark'

/** What Puppet says of files, by their names. */
export interface PuppetSays {
  remarks: ReadonlyMap<string, readonly Remark[]>
  /** The beginning of an error that is about no file known here: nothing that is said then can be relied on. */
  lost: string | undefined
}

/** The last words of `puppet parser validate` and `puppet epp validate`, which repeat that there were errors. */
const LAST_WORDS =
  /^(?:Errors while validating epp|Try 'puppet help .*' for usage|(?:Language|EPP) validation logged .* Giving up)$/
/** Puppet ends a message about a file by its place. */
const PLACE = /^(.*) \(file: ([^()]*?)(?:, line: (\d+))?(?:, column: \d+)?\)$/s
const PREFIX = /^Could not parse for environment \w+: /

/**
 * Parses what `puppet parser validate --render-as json` and `puppet epp validate` print: lines of the log, and with JSON one
 * object behind them, with the first fault of each file. Files have names of our own, such as `0.pp`.
 * Source: lib/puppet/face/parser.rb and epp.rb of Puppet 7.23.
 */
export function parsePuppetSays(output: string, names: readonly string[]): PuppetSays {
  const known = new Set(names)
  const remarks = new Map<string, Remark[]>()
  let lost: string | undefined
  const add = (name: string, remark: Remark) => remarks.set(name, [...(remarks.get(name) ?? []), remark])
  const { log, faults } = split(output)
  for (const { severity, text } of recordsOf(log)) {
    const [, message = '', file = '', line] = PLACE.exec(text) ?? []
    const name = basename(file)
    if (known.has(name)) add(name, { severity, line: numberOf(line), message: said(message) })
    else if (severity === 'error' && !LAST_WORDS.test(text)) lost ??= said(text)
  }
  for (const [file, { message, line }] of faults) {
    const name = basename(file)
    if (!known.has(name)) lost ??= said(message)
    // The faults that the log has named one by one are summed up in the object.
    else if (!hasError(remarks.get(name))) add(name, { severity: 'error', line, message: said(message) })
  }
  return { remarks, lost }
}

function hasError(remarks: readonly Remark[] | undefined): boolean {
  return remarks?.some(({ severity }) => severity === 'error') === true
}

function said(message: string): string {
  return `puppet: ${message.replace(PREFIX, '')}`
}

function numberOf(line: string | undefined): number | undefined {
  return line === undefined ? undefined : Number(line)
}

/** A message of the log may have several lines; the next one begins with its level. */
function recordsOf(log: string): { severity: Remark['severity']; text: string }[] {
  const records: { severity: Remark['severity']; text: string }[] = []
  for (const line of log.split('\n')) {
    const [, level, text = ''] = /^(Error|Warning|Notice|Info|Debug): (.*)$/.exec(line) ?? []
    const last = records.at(-1)
    if (level !== undefined) records.push({ severity: level === 'Error' ? 'error' : 'warning', text })
    else if (last !== undefined && line !== '') last.text += ` ${line}`
  }
  return records
}

interface Fault {
  message: string
  line: number | undefined
}

/** Takes the object off the end of the output. */
function split(output: string): { log: string; faults: readonly (readonly [string, Fault])[] } {
  const at = output.startsWith('{\n') ? 0 : output.lastIndexOf('\n{\n')
  if (at === -1) return { log: output, faults: [] }
  const faults = parseFaults(output.slice(at))
  return faults === undefined ? { log: output, faults: [] } : { log: output.slice(0, at), faults }
}

function parseFaults(text: string): (readonly [string, Fault])[] | undefined {
  let all: unknown
  try {
    all = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof all !== 'object' || all === null) return undefined
  return Object.entries(all).map(([file, fault]) => {
    const { message, line } = Object(fault) as { message?: unknown; line?: unknown }
    return [
      file,
      {
        message: typeof message === 'string' ? message : 'it is faulty',
        line: typeof line === 'number' ? line : undefined,
      },
    ] as const
  })
}
