// Compiles to dist/, as it is packed: the same folders, JavaScript with its types, and what is no TypeScript beside it.
const { spawnSync } = require('node:child_process')
const { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } = require('node:fs')
const { join, relative } = require('node:path')

const root = join(__dirname, '..', '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
const compiled = spawnSync(
  process.execPath,
  [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  { cwd: root, stdio: 'inherit' },
)
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

for (const entry of readdirSync(join(root, 'support'), { recursive: true, withFileTypes: true })) {
  const from = join(entry.parentPath, entry.name)
  const inside = relative(root, from)
  const wanted =
    /\.(cjs|yaml|rb)$|^console\.js$/.test(entry.name) &&
    !/testing|bin.(install|test|build|bench|prepare)\.cjs$/.test(inside)
  if (entry.isFile() && wanted) cpSync(from, join(dist, inside))
}
chmodSync(join(dist, 'support', 'bin', 'lockstep.cjs'), 0o755)

// The manual page is made from the same table as the help.
const { formatManPage } = require(join(dist, 'support', 'bin', 'man_page.js'))
const { COMMANDS } = require(join(dist, 'support', 'bin', 'commands.js'))
const { version } = require(join(root, 'package.json'))
writeFileSync(join(dist, 'lockstep.1'), formatManPage(COMMANDS, version))

// Editors read step definitions from sources; compiled code hides them.
mkdirSync(join(dist, 'glue'), { recursive: true })
cpSync(join(root, 'step_definitions'), join(dist, 'glue'), { recursive: true })
cpSync(join(root, 'support', 'cucumber', 'parameter_types.ts'), join(dist, 'glue', 'parameter_types.ts'))
