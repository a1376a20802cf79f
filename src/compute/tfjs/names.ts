/** Operators' names, separated by spaces. */
export const names = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));
