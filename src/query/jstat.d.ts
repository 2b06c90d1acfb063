// The little of jstat that is used here; the package has no types of its own.

declare module 'jstat' {
  const jstat: { readonly studentt: { cdf(t: number, degrees: number): number } };
  export = jstat;
}
