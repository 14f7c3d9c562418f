/** Fields that the shapes of rules share. */
import * as z from "../framework/zod";

export const text = z.string("must be text");
export const filled = text.min(1, "must not be empty");
export const flag = z.boolean("must be true or false");
