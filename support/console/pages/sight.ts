import type { Act } from '../../people/person'

/** The environments that the person of a request may look at. */
export class Sight {
  private readonly known = new Map<string, boolean>()

  constructor(
    private readonly may: (act: Act, environment: string) => boolean,
    /** All environments that there are: those of the configuration, and those that files name. */
    private readonly environments: readonly string[],
  ) {}

  readonly sees = (environment: string): boolean => {
    const known = this.known.get(environment) ?? this.may('look', environment)
    this.known.set(environment, known)
    return known
  }

  /** True for a person who may look at every environment: they alone see what belongs to none. */
  get seesAll(): boolean {
    return this.environments.length > 0 && this.environments.every(this.sees)
  }

  /** True for a person who may look at every environment that there is, be it none. */
  get isWhole(): boolean {
    return this.environments.every(this.sees)
  }

  /** Returns why not all is known. Those who may not look everywhere learn that it is so, and no names. */
  faults(all: readonly string[]): string[] {
    if (this.isWhole) return [...all]
    if (all.length === 0) return []
    return ['a file cannot be read; a person who may look at every environment sees which one.']
  }
}
