import { FileChanged, type FoundFile, type GuardedFiles } from './guarded_files'

/** A file that a web server reads, and its text must be in a form that all readers understand alike. */
export interface GuardedFile {
  /** The word for it in sentences: `password file`. */
  called: string
  path: string
  /** Returns why a text is not in that form; undefined where it is. */
  faultOf(text: string): string | undefined
}

const OTHERS_MAY_WRITE = 0o002

/** @throws Error in words for a file that is odd: what it says could not be relied on */
export async function readGuarded(files: GuardedFiles, of: GuardedFile): Promise<string> {
  return (await read(files, of)).text
}

/**
 * Changes the text of a file, with its owner, group and mode as they were. Where `keptAt` is given, the text before lies
 * there when the new one takes its place. Resolves with the text before.
 */
export async function changeGuarded(
  files: GuardedFiles,
  of: GuardedFile,
  edit: (text: string) => string,
  keptAt?: string,
): Promise<string> {
  const { path, called } = of
  const before = await read(files, of)
  try {
    await files.replace(path, before, edit(before.text), keptAt)
  } catch (error) {
    if (!(error instanceof FileChanged)) throw error
    throw new Error(`the ${called} ${path} was changed by somebody else meanwhile; nothing was written`, {
      cause: error,
    })
  }
  return before.text
}

async function read(files: GuardedFiles, { path, called, faultOf }: GuardedFile): Promise<FoundFile> {
  const refuse = (why: string) => new Error(`the ${called} ${path} is not used: ${why}`)
  let found: FoundFile
  try {
    found = await files.read(path)
  } catch (error) {
    const isAway = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw refuse(isAway ? 'it is not there; make it once, with its owner and mode' : (error as Error).message)
  }
  if (found.links > 1) throw refuse('it has a second name (a hard link)')
  if ((found.mode & OTHERS_MAY_WRITE) !== 0) throw refuse('everybody may write to it')
  if ((found.folderMode & OTHERS_MAY_WRITE) !== 0) throw refuse('everybody may write to its folder')
  const fault = faultOf(found.text)
  if (fault !== undefined) throw refuse(fault)
  return found
}
