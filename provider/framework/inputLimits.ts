/** More than any declaration needs: what handles values goes down into them, or hands lists on as arguments, and would run out of stack far beyond. */
const deepest = 500;
const maxValues = 100_000;

/** Why a value is too large to be read; undefined when it is not. Goes down without calling itself. */
export function exceedsInputLimits(value: unknown): string | undefined {
  const left = [{ value, level: 0 }];
  let count = 0;
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next.value !== "object" || next.value === null) continue;
    const level = next.level + 1;
    if (level > deepest) return `is nested more than ${deepest} levels deep`;
    const members: unknown[] = Object.values(next.value);
    count += members.length;
    if (count > maxValues) return `has more than ${maxValues} values in it`;
    for (const member of members) left.push({ value: member, level });
  }
  return undefined;
}
