/** Any value that survives being saved as JSON or sent down a pipe. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A plain object of JSON values: props, states and options are all of this shape. */
export type Data = { [key: string]: Json };

/** What is known of several resources, by resource id. */
export type States = { readonly [resourceId: string]: Data };

/** Local code may answer at once; a driver in another process cannot. */
export type Maybe<T> = T | Promise<T>;
