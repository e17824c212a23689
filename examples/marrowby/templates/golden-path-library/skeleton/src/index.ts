/** Splits a list into parts of at most `size` items. Throws when size is below one. */
export function inPartsOf<T>(size: number, items: readonly T[]): T[][] {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`size must be a whole number above zero, not ${size}`);
  }
  const parts: T[][] = [];
  for (let i = 0; i < items.length; i += size) parts.push(items.slice(i, i + size));
  return parts;
}
