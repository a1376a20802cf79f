/** Where the bytes of a model or a dataset are: below a source folder of the server, or in the request. */
export type Source = { readonly uri: string } | { readonly files: readonly File[] };
