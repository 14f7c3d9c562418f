export const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** The same day of a later month, or that month's last day. */
export function addMonths(time: number, months: number): number {
  const date = new Date(time);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 0)).getUTCDate();
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, Math.min(date.getUTCDate(), lastDay));
}
