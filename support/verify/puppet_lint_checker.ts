import * as v from 'valibot'
import { checkInParts } from './check_in_parts'
import type { Checked, Checker, FileToCheck } from './checker'
import { MAX_CODE_BYTES } from './limits'
import type { Remark } from './remark'
import { runLimited } from './run_limited'
import type { ServerPrograms } from './server_programs'

/** The end of a path by which Puppet finds a class: the folder of the module, `manifests`, and names of files. */
const OF_MODULE = /(?:^|\/)((?:\w[\w-]{0,99}\/)?manifests\/(?:\w{1,100}\/){0,10}\w{1,100}\.pp)$/

/**
 * Returns the checker of the style of manifests, by puppet-lint. Its errors refuse, and its warnings are shown. It keeps
 * the place within a module, since a class that is elsewhere than its name says is not found.
 */
export function puppetLintChecker(programs: ServerPrograms): Checker {
  return {
    name: 'puppet-lint',
    maxBytes: MAX_CODE_BYTES,
    takes: (path) => {
      if (!/\.pp$/i.test(path)) return undefined
      const place = OF_MODULE.exec(path)?.[1]
      return place === undefined ? '.pp' : `/${place}`
    },
    lacks: () => programs.lacks('puppet-lint'),
    check: async (files, where) => {
      // Where a repository is a module, its name is not known here: puppet-lint compares what is below it.
      const isTop = ({ name }: FileToCheck) => /^\d+\/manifests\//.test(name)
      const lint = (some: readonly FileToCheck[], more: readonly string[]) =>
        checkInParts(some, where, async (part) => {
          const names = part.map(({ name }) => name)
          const command = [
            programs.find('puppet-lint') ?? 'puppet-lint',
            '--no-config',
            '--json',
            ...more,
            ...names,
          ]
          const { output, failure } = await runLimited(command, where, programs.path)
          if (failure !== undefined) return { remarks: new Map(), failure }
          return parsePuppetLint(output, names)
        })
      const first = await lint(
        files.filter((file) => !isTop(file)),
        [],
      )
      const second = await lint(files.filter(isTop), ['--relative'])
      const failure = first.failure ?? second.failure
      const remarks = new Map([...first.remarks, ...second.remarks])
      return { remarks, ...(failure === undefined ? {} : { failure }) }
    },
  }
}

const FOUND = v.array(
  v.array(
    v.object({
      kind: v.string(),
      check: v.string(),
      message: v.string(),
      line: v.number(),
      path: v.string(),
    }),
  ),
)

/**
 * Parses what `puppet-lint --json` prints: a list for each file, in their order, with an object for each problem.
 * Source: puppet-lint 3.0.1, lib/puppet-lint/bin.rb.
 */
export function parsePuppetLint(output: string, names: readonly string[]): Checked {
  let value: unknown
  try {
    value = JSON.parse(output)
  } catch {
    return { remarks: new Map(), failure: 'puppet-lint did not end in order' }
  }
  const found = v.safeParse(FOUND, value)
  if (!found.success || found.output.length !== names.length)
    return { remarks: new Map(), failure: 'puppet-lint did not tell of all files' }
  const remarks = new Map<string, readonly Remark[]>()
  for (const [index, problems] of found.output.entries()) {
    const name = names[index] ?? ''
    if (problems.some(({ path }) => path !== name))
      return { remarks: new Map(), failure: 'puppet-lint told of files in another order' }
    remarks.set(
      name,
      problems.map(({ kind, check, message, line }) => ({
        severity: kind === 'warning' ? 'warning' : 'error',
        line,
        message: `puppet-lint: ${message} (${check})`,
      })),
    )
  }
  return { remarks }
}
