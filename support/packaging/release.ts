// `npm run release -- --dry-run`: builds all that a release has, and publishes nothing. Without --dry-run it tags the
// commit at the end. With --of-tag it builds the release of a tag that is there, as the release workflow does.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { formatBill } from './bill_of_materials'
import { formatSums, formatSumsFile, sha256Of } from './check_sums'
import { epochOf, makePackages } from './make_packages'
import { closureOf, type Lock } from './module_closure'
import { formatProvenance } from './provenance'
import { faultsOfRelease, tagOf, type ReleaseFault } from './release_faults'

const ROOT = resolve(__dirname, '..', '..')

interface Manifest {
  version: string
  private?: boolean
  dependencies: Readonly<Record<string, string>>
}

function main(): void {
  const { values } = parseArgs({
    options: {
      'dry-run': { type: 'boolean', default: false },
      'of-tag': { type: 'string' },
      node: { type: 'string', default: process.execPath },
      out: { type: 'string' },
    },
  })
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest
  const tag = values['of-tag']
  const commit = head()
  const found = faults(manifest.version, tag)
  // A dry run is for the time before the version has its heading. It says so at its end.
  const later = values['dry-run'] ? found.filter(({ kind }) => kind === 'changelog') : []
  refuse(found.filter((fault) => !later.includes(fault)).map(({ text }) => text))
  const into = resolve(values.out ?? join(ROOT, 'packages'))
  if (values.out === undefined) rmSync(into, { recursive: true, force: true })
  else if (existsSync(into) && readdirSync(into).length > 0)
    refuse([`${into} is not empty; name a new folder with --out`])
  mkdirSync(into, { recursive: true })
  const paths = build(manifest, { into, node: resolve(values.node), commit })
  const late = [
    ...changedFiles().map((line) => `the build has changed ${line.slice(3)}`),
    ...(head() === commit ? [] : [`the commit that is checked out is no longer ${commit}; begin again`]),
  ]
  // What is refused leaves nothing that looks like a release.
  if (late.length > 0) rmSync(into, { recursive: true, force: true })
  refuse(late)
  process.stdout.write(`\n${formatSums(paths)}`)
  if (manifest.private === true)
    process.stdout.write(
      'package.json says "private": npm publish refuses it until that line is taken away.\n',
    )
  for (const { text } of later) process.stdout.write(`A release would be refused: ${text}\n`)
  if (values['dry-run']) process.stdout.write('Nothing was tagged or published.\n')
  else if (tag === undefined) tagHere(tagOf(manifest.version), commit)
}

function faults(version: string, ofTag: string | undefined): ReleaseFault[] {
  return faultsOfRelease({
    version,
    changelog: readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'),
    changed: changedFiles(),
    tags: git('tag', '--list'),
    tagsHere: git('tag', '--points-at', 'HEAD'),
    ofTag,
  })
}

function refuse(faults: readonly string[]): void {
  if (faults.length === 0) return
  process.stderr.write(faults.map((fault) => `release: ${fault}\n`).join(''))
  process.exit(2)
}

/** Builds everything, and returns the paths. Each step is done by the tool that people use for it. */
function build(
  manifest: Manifest,
  { into, node, commit }: { into: string; node: string; commit: string },
): string[] {
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', into], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const tarball = join(into, packed.trim().split('\n').at(-1) ?? '')
  const made = makePackages(ROOT, { node, into })
  const epochS = epochOf(ROOT)
  const { packages: lock } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Lock
  }
  const { version } = manifest
  const common = { version, epochS, lock }
  const bills = [
    { ...common, name: 'lockstep-npm', modules: closureOf(lock, Object.keys(manifest.dependencies)) },
    ...made.contents.map(({ name, modules }) => ({
      ...common,
      name,
      modules,
      node: { version: made.node.version, sha256: sha256Of(node) },
    })),
  ].map((bill) => write(join(into, `${bill.name}-${version}.cdx.json`), formatBill(bill)))
  const artifacts = [tarball, ...made.paths, ...bills]
  const origin = { commit, version, epochS, tools: tools() }
  const provenance = write(join(into, 'provenance.intoto.json'), formatProvenance(artifacts, origin))
  const all = [...artifacts, provenance]
  return [...all, write(join(into, 'SHA256SUMS'), formatSumsFile(all))]
}

function tools(): Record<string, string> {
  const firstLine = (...[program, ...args]: [string, ...string[]]) =>
    execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0] ??
    ''
  return {
    node: process.version,
    npm: firstLine('npm', '--version'),
    'dpkg-deb': firstLine('dpkg-deb', '--version'),
    rpmbuild: firstLine('rpmbuild', '--version'),
  }
}

function tagHere(tag: string, commit: string): void {
  execFileSync('git', ['tag', '--annotate', '--message', tag, tag, commit], { cwd: ROOT, stdio: 'inherit' })
  process.stdout.write(
    `The commit has the tag ${tag}. The release workflow publishes it: git push origin ${tag}\n`,
  )
}

function changedFiles(): string[] {
  // A person's settings may hide files that are not in the commit, which would be compiled and packed.
  return git('status', '--porcelain', '--untracked-files=all', '--ignore-submodules=none')
}

function head(): string {
  return git('rev-parse', 'HEAD').join('')
}

function git(...args: string[]): string[] {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\n').filter(Boolean)
}

function write(path: string, text: string): string {
  writeFileSync(path, text)
  return path
}

main()
