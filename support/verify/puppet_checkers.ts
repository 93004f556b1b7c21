import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkInParts } from './check_in_parts'
import type { Checked, Checker, FileToCheck, Surroundings } from './checker'
import { MAX_CODE_BYTES } from './limits'
import { parsePuppetSays } from './puppet_says'
import { runLimited } from './run_limited'
import type { ServerPrograms } from './server_programs'

/** The end of the names of plans, which have words of their own. */
const PLAN = '.plan.pp'

/**
 * Returns the checker of manifests, by `puppet parser validate`. It parses them: no catalog is compiled, so that neither
 * functions nor templates run.
 */
export function puppetChecker(programs: ServerPrograms): Checker {
  return {
    name: 'puppet',
    maxBytes: MAX_CODE_BYTES,
    takes: (path) => (/\.pp$/i.test(path) ? (/(?:^|\/)plans\//.test(path) ? PLAN : '.pp') : undefined),
    lacks: () => programs.lacks('puppet'),
    check: async (files, where) => {
      const plans = files.filter(({ name }) => name.endsWith(PLAN))
      const others = files.filter(({ name }) => !name.endsWith(PLAN))
      const words = ['parser', 'validate', '--render-as', 'json']
      const first = await validate(programs, words, others, where)
      const second = await validate(programs, [...words, '--tasks'], plans, where)
      const failure = first.failure ?? second.failure
      const remarks = new Map([...first.remarks, ...second.remarks])
      return { remarks, ...(failure === undefined ? {} : { failure }) }
    },
  }
}

/** Returns the checker of templates in Puppet's own language, by `puppet epp validate`, which renders none. */
export function eppChecker(programs: ServerPrograms): Checker {
  return {
    name: 'epp',
    maxBytes: MAX_CODE_BYTES,
    takes: (path) => (/\.epp$/i.test(path) ? '.epp' : undefined),
    lacks: () => programs.lacks('puppet'),
    check: (files, where) => validate(programs, ['epp', 'validate', '--continue_on_error'], files, where),
  }
}

/** Text that is faulty both as a manifest and as a template. */
const FAULTY = '<% class {'

/**
 * Has Puppet check files. Behind them stands a file of ours that is faulty: unless Puppet finds its fault, it has not gone
 * through all of them. Nobody who pushes knows the name of that file.
 */
function validate(
  programs: ServerPrograms,
  words: readonly string[],
  files: readonly FileToCheck[],
  where: Surroundings,
): Promise<Checked> {
  return checkInParts(files, where, async (part) => {
    const last = `${randomUUID()}${words[0] === 'epp' ? '.epp' : '.pp'}`
    writeFileSync(join(where.folder, last), FAULTY, { flag: 'wx', mode: 0o600 })
    const names = part.map(({ name }) => name)
    const { exitCode, output, failure } = await runLimited(
      [
        programs.find('puppet') ?? 'puppet',
        ...words,
        ...ownSettings(where.folder),
        ...inFolder([...names, last]),
      ],
      where,
      programs.path,
    )
    rmSync(join(where.folder, last))
    if (failure !== undefined) return notChecked(failure)
    const { remarks, lost } = parsePuppetSays(output, [...names, last])
    if (lost !== undefined) return notChecked(lost.replaceAll(where.folder, ''))
    if (exitCode !== 1 || !remarks.has(last))
      return notChecked(`puppet ended with ${exitCode} before its end`)
    return { remarks: new Map(names.map((name) => [name, remarks.get(name) ?? []])) }
  })
}

/** Puppet takes a name without a slash for one of a module. */
function inFolder(names: readonly string[]): string[] {
  return names.map((name) => `./${name}`)
}

/** Neither settings nor modules of this server take part, and the name of this machine is not looked up. */
function ownSettings(folder: string): string[] {
  const nothing = join(folder, 'nothing')
  return [
    '--color=false',
    '--certname=verify',
    ...['confdir', 'vardir', 'codedir', 'logdir', 'rundir'].map((name) => `--${name}=${nothing}`),
  ]
}

function notChecked(failure: string): Checked {
  return { remarks: new Map(), failure }
}
