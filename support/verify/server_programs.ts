import { delimiter, isAbsolute, join } from 'node:path'
import { isExecutable } from '../system/programs'

/** The folders of the packages that Puppet and OpenVox publish themselves; no PATH of a hook has them. */
const OF_PUPPET = ['/opt/puppetlabs/bin', '/opt/puppetlabs/puppet/bin']

/** The programs of this server, by the PATH of its hook. */
export class ServerPrograms {
  /** The folders that programs are looked for in, and that they get as their own PATH. */
  readonly path: string

  constructor(path: string | undefined) {
    const folders = (path ?? '').split(delimiter).filter(isAbsolute)
    this.path = [...folders, ...OF_PUPPET].join(delimiter)
  }

  /** Returns the path of a program; undefined where there is none. */
  find(name: string): string | undefined {
    return this.path
      .split(delimiter)
      .map((folder) => join(folder, name))
      .find(isExecutable)
  }

  /** Returns the end of a sentence where a program is missing. */
  lacks(name: string): string | undefined {
    return this.find(name) === undefined ? `there is no ${name} on this server` : undefined
  }
}
