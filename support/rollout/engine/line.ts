/** The line of a feature that is being run, as its runner has set it. */
export interface Line {
  step: string
  line: number
}
