/** The `using` declaration of newer JavaScript, which Node 22 does not read: closes what was opened, whatever becomes of its use. */
export async function using<Resource extends Disposable, Result>(
  resource: Resource,
  use: (resource: Resource) => Promise<Result>,
): Promise<Result> {
  try {
    return await use(resource);
  } finally {
    resource[Symbol.dispose]();
  }
}
