/** The `using` declaration of newer JavaScript, which Node 22 does not read: closes what was opened, whatever becomes of its use. */
export async function using<Resource extends Disposable | AsyncDisposable, Result>(
  resource: Resource,
  use: (resource: Resource) => Promise<Result>,
): Promise<Result> {
  try {
    return await use(resource);
  } finally {
    if (Symbol.dispose in resource) resource[Symbol.dispose]();
    else await resource[Symbol.asyncDispose]();
  }
}
