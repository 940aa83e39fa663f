/**
 * The scalars of the schema. All are strings on the wire; the brand keeps one from being used as another.
 *
 * A `Decimal` stays a string because a double cannot hold it exactly: format it, compare it with a library of
 * decimals, or say by `Number(…)` that an approximation will do.
 */
type Branded<Name extends string> = string & { readonly __scalar: Name };

export type Id = Branded<"ID">;
export type Day = Branded<"Date">;
export type Moment = Branded<"DateTime">;
export type Decimal = Branded<"Decimal">;
export type Nip = Branded<"Nip">;
export type Period = Branded<"Period">;

const checked =
  <Scalar extends string>(name: string, pattern: RegExp) =>
  (text: string): Scalar => {
    if (!pattern.test(text)) throw new TypeError(`“${text}” is no ${name}`);
    return text as Scalar;
  };

/** A day as `2026-01-05`. */
export const day = checked<Day>("day", /^\d{4}-\d{2}-\d{2}$/);

/** An exact number as `97.50`. */
export const decimal = checked<Decimal>("decimal number", /^-?\d+(\.\d+)?$/);

/** A civil service number: eighteen digits. */
export const nip = checked<Nip>("NIP", /^\d{18}$/);

/** A year `2026`, a quarter `2026-Q3` or a month `2026-09`. */
export const period = checked<Period>("period", /^\d{4}(-Q[1-4]|-(0[1-9]|1[0-2]))?$/);
