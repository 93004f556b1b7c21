import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LockstepError } from '../system/errors'
import { writeWhole } from '../system/whole_file'
import { ANNOUNCE_MARK, announceScript } from './announce_script'
import { openAnnouncements } from './spool'

/** The place of a program that announces, and its facts. */
export interface AnnouncerPlace {
  /** The base folder of reprepro, or any other for a program that is called by hand. */
  folder: string
  spool: string
  /** The name of the package repository in lockstep.yaml. */
  repository: string
}

export interface InstalledAnnouncer {
  /** The absolute path of the program. */
  path: string
  /** The absolute path of the spool of announcements. */
  spool: string
  became: 'written' | 'renewed' | 'there already'
  /** The lines that reprepro's configuration lacks, by file; undefined where the folder is none of reprepro. */
  lacks: { distributions: boolean; options: boolean } | undefined
}

const NAME = 'lockstep-announce'
const MODE = 0o755

/**
 * Installs the program that announces packages, and makes its spool. It changes no configuration of reprepro.
 * @throws LockstepError `bad-input` for a folder that is not there, and for a program of another
 */
export function installAnnouncer({
  folder: written,
  spool: base,
  repository,
}: AnnouncerPlace): InstalledAnnouncer {
  const folder = resolve(written)
  if (!existsSync(folder))
    throw new LockstepError(
      'bad-input',
      `${folder} is not there; expected the base folder of reprepro, or of aptly`,
    )
  const conf = join(folder, 'conf')
  const isReprepro = existsSync(join(conf, 'distributions'))
  const path = join(isReprepro ? conf : folder, NAME)
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  if (before !== undefined && before.split('\n')[1]?.startsWith(MARK) !== true)
    throw new LockstepError('bad-input', `${path} is a program of another, and stays as it is`)
  const spool = openAnnouncements(resolve(base))
  spool.prepare()
  const noted = join(spool.path, 'noted')
  if (!existsSync(noted)) {
    mkdirSync(noted)
    chmodSync(noted, 0o2770)
  }
  const script = announceScript({ spool: spool.path, repository, folder })
  const isSame = before === script && (statSync(path).mode & 0o111) !== 0
  if (!isSame) {
    writeWhole(path, script)
    chmodSync(path, MODE)
  }
  const became = isSame ? 'there already' : before === undefined ? 'written' : 'renewed'
  return { path, spool: spool.path, became, lacks: isReprepro ? findLacking(conf) : undefined }
}

const MARK = ANNOUNCE_MARK.slice(0, ANNOUNCE_MARK.lastIndexOf(' '))

function findLacking(conf: string): { distributions: boolean; options: boolean } {
  const distributions = textOf(join(conf, 'distributions'))
    .split(/\n\s*\n/)
    .filter((part) => /^codename:/im.test(part))
  return {
    distributions: distributions.length === 0 || distributions.some((part) => !isNamed(part)),
    options: !isNamed(textOf(join(conf, 'options'))),
  }
}

function isNamed(text: string): boolean {
  return text.split('\n').some((line) => !line.startsWith('#') && line.includes(NAME))
}

/** Returns the text of a file of reprepro, which may be a folder of files that end in `.conf`. */
function textOf(path: string): string {
  if (!existsSync(path)) return ''
  if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8')
  const parts = readdirSync(path).filter((name) => name.endsWith('.conf'))
  return parts.map((name) => textOf(join(path, name))).join('\n\n')
}
