import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { BundledNode } from './bundled_node'
import { folderOf, leadsToAgent, unitOf, type HostPackage } from './host_packages'
import { closureOf, nameIn, type Lock } from './module_closure'
import { traceFiles } from './traced_files'

export interface Sources {
  /** The folder of the repository, with dist as `npm run build` makes it. */
  root: string
  lock: Lock
  node: BundledNode
}

const SCRIPTS = join(__dirname, 'scripts')
/** What no program reads: types, maps, sources, tests, and what people read. */
const IDLE =
  /^(?:benchmarks?|docs?|examples?|\.github)\/|^bench\.js$|(?:^|\/)(?:__)?tests?(?:__)?\/|[._](?:test|spec)\.[cm]?js$|\.(?:d\.[cm]?ts|map|markdown|flow)$|\.[cm]?ts$|(?:^|\/)(?:readme|changelog|history)[^/]*\.md$/i

/**
 * Lays the files of a package out as they will be on a host, below `into`.
 * @returns the folders of node_modules whose packages are in it
 */
export function stage(pack: HostPackage, { root, lock, node }: Sources, into: string): string[] {
  const folder = join(into, folderOf(pack))
  const dist = join(root, 'dist')
  const { files, packages } = codeOf(pack, dist)
  const own = join(folder, 'node_modules', 'lockstep')
  for (const file of files) copy(file, join(own, 'dist', relative(dist, file)))
  copy(join(root, 'package.json'), join(own, 'package.json'))
  const modules = closureOf(lock, [...packages.filter((name) => isShipped(lock, name)), ...pack.alsoModules])
  for (const module of modules) {
    expectLocked(join(root, module), module, lock)
    copyModule(join(root, module), join(folder, module))
  }
  copy(node.path, join(folder, 'bin', 'node'), 0o755)
  addCommands(pack, folder, into)
  addDocuments(pack, { root, lock, node }, modules, into)
  if (pack.isService) {
    write(join(into, 'usr/lib/systemd/system', `${pack.name}.service`), unitOf(pack))
    // Not with the documents: small images leave these out.
    copy(join(SCRIPTS, 'server.cfg.example'), join(folder, 'server.cfg.example'))
  } else addShellFiles(folder, root, into)
  return modules
}

/** Returns the code of a package: what its programs reach, or all that is compiled. */
function codeOf(
  { entries }: HostPackage,
  dist: string,
): { files: readonly string[]; packages: readonly string[] } {
  if (entries !== undefined)
    return traceFiles(
      entries.map((entry) => join(dist, entry)),
      leadsToAgent,
    )
  const files = filesIn(dist).filter((file) => !/\.d\.ts$|\.1$/.test(file))
  return {
    files,
    packages: traceFiles(files.filter((file) => /\.c?js$/.test(file) && !isBrowsers(file))).packages,
  }
}

/** Returns whether a file is the script that browsers load. */
function isBrowsers(file: string): boolean {
  return basename(file) === 'console.js'
}

/** Returns whether a package is one that the product depends on; what only developers need may be absent. */
function isShipped(lock: Lock, name: string): boolean {
  const locked = lock[`node_modules/${name}`]
  return locked !== undefined && locked.dev !== true && name !== 'typescript'
}

/**
 * The bill of materials is made of the lock file, and has to be true.
 * @throws Error where another version is installed
 */
function expectLocked(from: string, module: string, lock: Lock): void {
  const { version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as { version: string }
  const wanted = lock[module]?.version
  if (version !== wanted)
    throw new Error(`${module} is ${version}, and package-lock.json says ${wanted}; say npm install`)
}

function copyModule(from: string, to: string): void {
  for (const file of filesIn(from))
    if (!IDLE.test(relative(from, file))) copy(file, join(to, relative(from, file)))
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return filesIn(path)
      return entry.isFile() ? [path] : []
    })
    .sort()
}

function copy(from: string, to: string, mode?: number): void {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to)
  chmodSync(to, mode ?? 0o644)
}

function write(path: string, content: string | Buffer, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  chmodSync(path, mode)
}

function addCommands({ name, commands }: HostPackage, folder: string, into: string): void {
  const scripts = name === 'lockstep' ? ['lockstep', 'cucumber-js'] : [name]
  for (const script of scripts) copy(join(SCRIPTS, `${script}.sh`), join(folder, 'bin', script), 0o755)
  for (const [path, script] of Object.entries(commands)) {
    const link = join(into, path)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(relative(dirname(link), join(folder, 'bin', script)), link)
  }
}

function addDocuments(
  pack: HostPackage,
  { root, lock, node }: Sources,
  modules: readonly string[],
  into: string,
) {
  const folder = join(into, 'usr/share/doc', pack.name)
  const licences = modules.map((module) => {
    const { version = '', license = 'see its package.json' } = lock[module] ?? {}
    return `${nameIn(module)} ${version}: ${license}`
  })
  const text = readFileSync(join(root, 'LICENSE'), 'utf8')
  const ofNode = `Node ${node.version}: ${node.license === undefined ? 'https://github.com/nodejs/node/blob/main/LICENSE' : 'LICENSE.node'}`
  write(
    join(folder, 'copyright'),
    `Lockstep: Apache-2.0, whose text is below. Beside it:\n${[ofNode, ...licences].join('\n')}\n\n${text}`,
  )
  if (node.license !== undefined) copy(node.license, join(folder, 'LICENSE.node'))
  copy(join(root, 'CHANGELOG.md'), join(folder, 'CHANGELOG.md'))
}

/** Adds the manual page, and the completions as the staged command prints them itself. */
function addShellFiles(folder: string, root: string, into: string): void {
  const page = readFileSync(join(root, 'dist', 'lockstep.1'))
  write(join(into, 'usr/share/man/man1/lockstep.1.gz'), gzipSync(page, { level: 9 }))
  const program = join(folder, 'node_modules/lockstep/dist/support/bin/lockstep.cjs')
  const places = {
    bash: 'bash-completion/completions/lockstep',
    zsh: 'zsh/site-functions/_lockstep',
    fish: 'fish/vendor_completions.d/lockstep.fish',
  }
  for (const [shell, place] of Object.entries(places))
    write(
      join(into, 'usr/share', place),
      execFileSync(join(folder, 'bin', 'node'), [program, 'completion', shell], { cwd: into }),
    )
  // Debian's zsh looks in a folder of its own.
  const debian = join(into, 'usr/share/zsh/vendor-completions/_lockstep')
  if (!existsSync(debian)) copy(join(into, 'usr/share', places.zsh), debian)
}
