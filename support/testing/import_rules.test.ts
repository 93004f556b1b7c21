import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect } from 'chai'
import { circlesIn } from './circles'
import { ROOMS } from './rooms'

const root = resolve(__dirname, '..', '..')

const GUARDED = [
  '@cucumber/cucumber',
  'stompit',
  '@nats-io/transport-node',
  'nodemailer',
  're2js',
  'hono',
  '@hono/node-server',
  'openid-client',
]

/** The modules that reach the files, the servers and the processes of this machine. */
const OF_THIS_MACHINE =
  /^(?:node:)?(?:fs|fs\/promises|os|https?|tls|child_process)$|^support\/system\/(?:regular_file|folders|whole_file|placed_file|ended_process|local_files|programs|dangling_link)$/

/** The agents' files that are of this machine alone. A host over SSH has none of what they do. */
const ON_THIS_MACHINE: readonly { path: string; because: string }[] = [
  { path: 'support/agents/external', because: 'agents of a folder are files of a daemon' },
  {
    path: 'support/agents/providers/access/guarded_files_local.ts',
    because: 'it is one of two members: the other one is for a host with a shell',
  },
  {
    path: 'support/agents/providers/git/folder_looks_local.ts',
    because: 'it is one of two members: the other one is for a host with a shell',
  },
  { path: 'support/agents/providers/puppet_code', because: 'code is applied by a daemon alone' },
  { path: 'support/agents/providers/own_puppetserver.ts', because: 'a private key does not leave its host' },
]

describe('the folders', () => {
  const imports = sources().flatMap((file) =>
    importsOf(file).map((imported) => ({ file, imported, from: folderOf(file), to: folderOf(imported) })),
  )
  const relevant = imports.filter(
    ({ from, to }) =>
      from !== to && to !== 'support/system' && (to.startsWith('support') || GUARDED.includes(to)),
  )

  it('import only what they may', () => {
    const wrong = relevant
      .filter(({ from, to }) => !(ROOMS[from]?.mayImport ?? []).includes(to))
      .map(({ file, to }) => `${file} imports ${to}`)
    expect(wrong).to.deep.equal([])
  })

  it('use every permission that they have', () => {
    const used = new Set(relevant.map(({ from, to }) => `${from} -> ${to}`))
    const unused = Object.entries(ROOMS).flatMap(([from, { mayImport }]) =>
      mayImport.filter((to) => !used.has(`${from} -> ${to}`)).map((to) => `${from} -> ${to}`),
    )
    expect(unused).to.deep.equal([])
  })

  it('have no file that imports itself through others, be it a type or lazily', () => {
    const files = new Set(sources())
    const found = new Map(sources().map((file): [string, string[]] => [file, []]))
    for (const { file, imported } of imports)
      for (const path of [`${imported}.ts`, `${imported}/index.ts`])
        if (files.has(path)) found.get(file)?.push(path)
    expect([...found.values()].flat().length, 'imports that were followed').to.be.greaterThan(1_000)
    expect(circlesIn(found)).to.deep.equal([])
  })

  it('have agents that reach the files of a host through it, and not on this machine', () => {
    const own = imports
      .filter(({ file, imported }) => file.startsWith('support/agents/') && OF_THIS_MACHINE.test(imported))
      .map(({ file }) => file)
    const allowed = (file: string) =>
      ON_THIS_MACHINE.some(({ path }) => file === path || file.startsWith(`${path}/`))
    expect([...new Set(own)].filter((file) => !allowed(file))).to.deep.equal([])
    const unused = ON_THIS_MACHINE.filter(
      ({ path }) => !own.some((file) => file === path || file.startsWith(`${path}/`)),
    )
    expect(unused).to.deep.equal([])
  })

  it('protocol and system know nothing of the rest', () => {
    const out = imports.filter(
      ({ from, to }) =>
        ['support/protocol', 'support/system'].includes(from) && to !== from && to.startsWith('support'),
    )
    expect(out).to.deep.equal([])
  })
})

function sources(): string[] {
  return ['support', 'step_definitions'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .map((name) => join(top, name))
      .filter(
        (name) =>
          name.endsWith('.ts') &&
          !name.endsWith('.test.ts') &&
          !name.startsWith('support/testing') &&
          name !== 'support/index.ts',
      ),
  )
}

/** Returns what a file imports: files of this repository by their path without `.ts`, packages by name. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const written = text.matchAll(/(?:\bfrom|\brequire\(|\bimport\(?) ?'([^']+)'/g)
  return [...written].map(([, specifier = '']) =>
    specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : specifier,
  )
}

function folderOf(path: string): string {
  const module = path.replace(/\.ts$/, '')
  const folders = Object.keys(ROOMS).filter((folder) => module === folder || module.startsWith(`${folder}/`))
  return folders.sort((a, b) => b.length - a.length)[0] ?? path
}
