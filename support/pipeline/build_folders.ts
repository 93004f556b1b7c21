import { lstatSync, readdirSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { namesIn } from '../system/regular_file'

/** The folders and files of one build. Its name is an id, never a text of a push. */
export interface BuildFolder {
  path: string
  /** The files of the commit: the folder that the command runs in. */
  source: string
  home: string
  temporary: string
  /** The output of the command. It stays when the rest is removed. */
  output: string
}

/** The folders of all builds below the folder of the state. */
export class BuildFolders {
  readonly path: string

  constructor(state: string) {
    this.path = join(state, 'pipeline', 'builds')
  }

  of(build: string): BuildFolder {
    const path = join(this.path, build)
    const [source, home, temporary] = ['source', 'home', 'tmp'].map((name) => join(path, name))
    return { path, source, home, temporary, output: join(path, 'output.log') } as BuildFolder
  }

  /** Removes what a build worked in. Returns why something is left. */
  async clear(build: string): Promise<string | undefined> {
    const { source, home, temporary } = this.of(build)
    for (const folder of [source, home, temporary]) {
      const why = await removeTree(folder)
      if (why !== undefined) return why
    }
    return undefined
  }

  /** Removes all builds but those of these ids. Returns why something is left. */
  async keep(builds: ReadonlySet<string>): Promise<string | undefined> {
    for (const name of namesIn(this.path).filter((each) => !builds.has(each))) {
      const why = await removeTree(join(this.path, name))
      if (why !== undefined) return why
    }
    return undefined
  }

  get builds(): string[] {
    return namesIn(this.path)
  }
}

/** Removes a folder with all that is in it, folders among it that a build has made read-only. */
async function removeTree(folder: string): Promise<string | undefined> {
  try {
    await remove(folder)
    return undefined
  } catch {
    // Caches of modules are read-only on purpose; only the second fault counts.
  }
  try {
    await makeWritable(folder)
    await remove(folder)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 3 })
}

async function makeWritable(folder: string): Promise<void> {
  if (!lstatSync(folder).isDirectory()) return
  await chmod(folder, 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name))
}
