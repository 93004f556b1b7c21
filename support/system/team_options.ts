/** The options below `with` of lockstep.yaml, for code of a team: secrets are read, all else is as written. */
export type TeamOptions = Readonly<Record<string, unknown>>
