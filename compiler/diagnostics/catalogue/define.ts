/** The words of one diagnostic: what is wrong, and what to do about it. */
export interface Wording {
  readonly message: string;
  readonly help?: string;
}
