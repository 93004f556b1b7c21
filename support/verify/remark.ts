/** One thing that is wrong with a file. An error refuses the push, a warning is shown. */
export interface Remark {
  severity: 'error' | 'warning'
  /** The line; undefined where it is about the whole file. */
  line: number | undefined
  message: string
}
