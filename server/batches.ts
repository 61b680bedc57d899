/** The items in their order, at most `size` together. */
export function* batchesOf<T>(items: T[], size: number): Generator<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
