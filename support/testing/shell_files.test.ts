import { runCommand } from '../system/command'
import { hostFilesContract } from './host_files_contract'
import { shellFiles } from './shell_files'

describe('the files of a host of tests', () => hostFilesContract(() => shellFiles(runCommand), 10))
