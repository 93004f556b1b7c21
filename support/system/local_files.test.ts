import { hostFilesContract } from '../testing/host_files_contract'
import { localFiles } from './local_files'

describe('the files of this host', () => {
  hostFilesContract(() => localFiles, 100)
})
