import { makeFolder } from '../system/folders'
import { writeWhole } from '../system/whole_file'
import type { BuildFolders } from './build_folders'
import type { ReportedOutput } from './runner_report'

/** The number of builds whose output is kept. */
export const MAX_KEPT_BUILDS = 100

/** Keeps the end of the output of a runner's build where the output of other builds is. @throws Error when it cannot */
export function keepReportedOutput(
  folders: BuildFolders,
  build: string,
  runner: string,
  { end, bytes, path }: ReportedOutput,
): void {
  const folder = folders.of(build)
  makeFolder(folder.path, 0o700)
  const where = `on the machine of the runner ${runner}, in ${path.replace(/\p{Cc}/gu, ' ')}`
  const head =
    end.length < bytes
      ? `[the last ${end.length} bytes of ${bytes}; all of it is ${where}]\n`
      : `[all of it; it is also ${where}]\n`
  writeWhole(folder.output, Buffer.concat([Buffer.from(head), end]))
}
