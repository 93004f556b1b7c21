import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BundledNode } from './bundled_node'
import type { HostPackage } from './host_packages'

export interface Making {
  version: string
  /** Seconds since 1970: the time that every file in the package has. */
  epochS: number
  node: BundledNode
  /** The folder with the files as they are laid out on a host. */
  staged: string
  /** The folder that the package is written to. */
  into: string
  /** The level of zstd, which both kinds of packages are compressed with. */
  level: number
}

const SCRIPTS = join(__dirname, 'scripts')

/** Makes a package for Debian, byte by byte the same for the same files. Returns its path. */
export function makeDeb(pack: HostPackage, { version, epochS, node, staged, into, level }: Making): string {
  const control = join(staged, 'DEBIAN')
  mkdirSync(control, { recursive: true })
  const architecture = debianArchitecture(process.arch)
  const sizeKiB = Math.ceil(bytesIn(staged) / 1024)
  writeFileSync(join(control, 'control'), formatControl(pack, { version, architecture, node, sizeKiB }))
  if (pack.isService)
    for (const name of ['postinst', 'prerm', 'postrm']) writeScript(join(control, name), `agent.${name}`)
  const path = join(into, `${pack.name}_${version}_${architecture}.deb`)
  // One thread: zstd by several makes other bytes.
  const args = ['--root-owner-group', '-Zzstd', `-z${level}`, '--threads-max=1', '--build', staged, path]
  execFileSync('dpkg-deb', args, {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epochS) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return path
}

/** Returns the text of a script, with what both kinds of packages do first. */
export function readScript(name: string): string {
  const read = (file: string) => readFileSync(join(SCRIPTS, file), 'utf8')
  return read(name).replace(/^@(\w+)@\n/gm, (_, part: string) => read(`agent.${part.toLowerCase()}.sh`))
}

function writeScript(path: string, name: string): void {
  writeFileSync(path, readScript(name))
  chmodSync(path, 0o755)
}

interface ControlParts {
  version: string
  architecture: string
  node: Pick<BundledNode, 'glibc' | 'version'>
  sizeKiB: number
}

export function formatControl(
  { name, summary, about, isService }: HostPackage,
  { version, architecture, node, sizeKiB }: ControlParts,
): string {
  const depends = [`libc6 (>= ${node.glibc})`, 'libgcc-s1', 'libstdc++6']
  return `${[
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    'Maintainer: Lockstep <lockstep@localhost>',
    `Installed-Size: ${sizeKiB}`,
    ...(isService ? ['Pre-Depends: init-system-helpers (>= 1.54)'] : []),
    `Depends: ${depends.join(', ')}`,
    'Section: admin',
    'Priority: optional',
    `Description: ${summary}`,
    ...about.map((line) => ` ${line}`),
    ` It has Node ${node.version}.`,
  ].join('\n')}\n`
}

/** Returns Debian's name of an architecture of Node. */
export function debianArchitecture(architecture: string): string {
  const known: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
  return known[architecture] ?? architecture
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0)
}
