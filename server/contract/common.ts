import { z } from 'zod';
import { isMobile, normalisePhone } from './codes.ts';

export const Id = z.uuid();
/** RFC 3339, UTC. */
export const Instant = z.iso.datetime();
export const Phone = z.string().max(40).transform(normalisePhone).refine(isMobile, { message: 'not-a-mobile-number' });
/** A person's or unit's name: trimmed, no control characters. */
export const Name = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .refine((text) => !/\p{Cc}/u.test(text), { message: 'control-characters' });

export const Page = z.object({
  page: z.coerce.number().int().min(1).max(100_000).default(1),
  pageSize: z.coerce.number().int().min(1).max(500).default(50),
});

/** A query flag: `1`, `true` or nothing. */
export const Flag = z
  .enum(['0', '1', 'true', 'false'])
  .transform((value) => value === '1' || value === 'true')
  .optional();

export function paged<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), total: z.int() });
}

type Undefaulted<T> = T extends z.ZodDefault<infer Inner> ? Inner : T;

/**
 * The body of a PATCH: every field may be absent, and what is absent stays as it is. Zod's own `partial()` would fill
 * in the defaults instead, and a renamed unit would lose its address.
 */
export function changesOf<S extends z.ZodRawShape>(schema: z.ZodObject<S>) {
  const fields = Object.entries(schema.shape).map(([key, field]) => {
    const inner = field instanceof z.ZodDefault ? field.unwrap() : field;
    return [key, z.optional(inner)];
  });
  return z.object(Object.fromEntries(fields)) as unknown as z.ZodObject<{
    [K in keyof S]: z.ZodOptional<Extract<Undefaulted<S[K]>, z.ZodType>>;
  }>;
}
