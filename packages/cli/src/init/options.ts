/** The flags of `machinist init`, as they were typed. */
export interface InitOptions {
  readonly file?: string;
  readonly driver?: string;
  readonly name?: string;
  readonly machines?: string;
  readonly managers?: string;
  readonly compose?: string;
  readonly force?: boolean;
  readonly yes?: boolean;
}
