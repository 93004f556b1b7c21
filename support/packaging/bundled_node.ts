import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface BundledNode {
  path: string
  version: string
  /** The file with its licences; undefined where it stands nowhere near. */
  license: string | undefined
  /** What rpm calls its needs, such as `libc.so.6(GLIBC_2.28)(64bit)`. */
  needs: readonly string[]
  /** The lowest glibc that it runs with, such as `2.28`. */
  glibc: string
}

/** The libraries that every Debian and every Red Hat has, and no others. */
const USUAL = /^(?:ld-linux|libc|libm|libdl|libpthread|librt|libgcc_s|libstdc\+\+|libatomic|rtld)(?=[-.(])/

/**
 * Reads which libraries a Node needs of the host that it is put on.
 * @throws Error where it needs others than a host has, as the Node of some distributions does
 */
export function readNode(path: string): BundledNode {
  const output = execFileSync('/usr/lib/rpm/elfdeps', ['-R'], { input: `${path}\n`, encoding: 'utf8' })
  const needs = [...new Set(output.split('\n').filter(Boolean))].sort()
  const others = needs.filter((need) => !USUAL.test(need))
  if (others.length > 0)
    throw new Error(
      `${path} needs ${others.join(', ')}, which a host may lack; name a Node of nodejs.org with --node`,
    )
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim().replace(/^v/, '')
  return { path, version, license: licenseOf(path), needs, glibc: highestGlibc(needs) }
}

/** Returns the highest version of glibc that is named, by numbers and not by letters. */
export function highestGlibc(needs: readonly string[]): string {
  const versions = needs.flatMap((need) => /GLIBC_(\d+(?:\.\d+)+)/.exec(need)?.[1] ?? [])
  return versions.sort((one, other) => one.localeCompare(other, 'en', { numeric: true })).at(-1) ?? '2.28'
}

function licenseOf(path: string): string | undefined {
  const above = dirname(dirname(path))
  return [
    join(above, 'LICENSE'),
    join(above, 'share', 'doc', 'nodejs', 'LICENSE'),
    join(above, 'share', 'doc', 'node', 'LICENSE'),
  ].find((each) => existsSync(each))
}
