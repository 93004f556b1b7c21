/** The reason why something cannot be looked at. The check that it is the fault of says what is wrong. */
export class NotChecked extends Error {}
