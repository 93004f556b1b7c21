// `npm run package`: compiles, and makes the packages for hosts below packages/.
import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { formatSums } from './check_sums'
import { makePackages } from './make_packages'

const ROOT = resolve(__dirname, '..', '..')
const { values } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    out: { type: 'string', default: join(ROOT, 'packages') },
    built: { type: 'boolean', default: false },
  },
})
if (!values.built)
  execFileSync(process.execPath, [join(ROOT, 'support', 'bin', 'build.cjs')], { stdio: 'inherit' })
const { paths } = makePackages(ROOT, { node: resolve(values.node), into: resolve(values.out) })
process.stdout.write(formatSums(paths))
