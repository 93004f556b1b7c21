import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readNode, type BundledNode } from './bundled_node'
import { makeDeb } from './deb'
import { HOST_PACKAGES, type HostPackage } from './host_packages'
import type { Lock } from './module_closure'
import { makeRpm } from './rpm'
import { stage } from './stage'

export interface Made {
  /** The paths of the packages. */
  paths: readonly string[]
  node: BundledNode
  /** The folders of node_modules whose packages are in each. */
  contents: readonly { name: string; modules: readonly string[] }[]
}

interface Wishes {
  /** The Node that the packages bring. */
  node: string
  into: string
  /** The level of zstd. */
  level?: number
  packs?: readonly HostPackage[]
}

/** A third of the time of the highest levels, for one percent more bytes. */
const LEVEL = 10

/** Makes every package for hosts, of what `npm run build` has compiled. */
export function makePackages(
  root: string,
  { node: program, into, level = LEVEL, packs = HOST_PACKAGES }: Wishes,
): Made {
  // What others may read does not depend on who makes it.
  process.umask(0o022)
  const node = readNode(program)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const { packages: lock } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Lock
  }
  const epochS = epochOf(root)
  mkdirSync(into, { recursive: true })
  const contents: { name: string; modules: readonly string[] }[] = []
  const paths = packs.flatMap((pack) => {
    const staged = mkdtempSync(join(tmpdir(), 'lockstep-staged-'))
    try {
      execFileSync('chmod', ['755', staged])
      contents.push({ name: pack.name, modules: stage(pack, { root, lock, node }, staged) })
      const making = { version, epochS, node, staged, into, level }
      return [makeDeb(pack, making), makeRpm(pack, making)]
    } finally {
      rmSync(staged, { recursive: true, force: true })
    }
  })
  return { paths, node, contents }
}

/** Returns the time of the last commit, or what SOURCE_DATE_EPOCH says, so that the same commit makes the same bytes. */
export function epochOf(root: string): number {
  const said = process.env['SOURCE_DATE_EPOCH']
  if (said !== undefined && /^\d+$/.test(said)) return Number(said)
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim())
}
