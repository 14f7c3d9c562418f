/**
 * zod for contracts. Its own objects pass the shape through a mapped type, and the compiler then leaves the comments
 * of the fields out of the declarations. With these objects the editor of a user shows them.
 */
import { z } from "zod";

export * from "zod";

type Shape = z.core.$ZodLooseShape;

/** An object of which no other names are accepted. */
export function strictObject<Fields extends Shape>(shape: Fields): z.ZodObject<Fields, z.core.$strict> {
  return z.strictObject(shape) as unknown as z.ZodObject<Fields, z.core.$strict>;
}

/** An object of which other names are left out. */
export function object<Fields extends Shape>(shape: Fields): z.ZodObject<Fields, z.core.$strip> {
  return z.object(shape) as unknown as z.ZodObject<Fields, z.core.$strip>;
}

/** An object that may have anything besides. */
export function looseObject<Fields extends Shape>(shape: Fields): z.ZodObject<Fields, z.core.$loose> {
  return z.looseObject(shape) as unknown as z.ZodObject<Fields, z.core.$loose>;
}
