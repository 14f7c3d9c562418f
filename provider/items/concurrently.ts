/** Works on what comes, so many at a time, and takes the next only when there is a hand for it. What goes wrong with the coming stops it, once all that was begun is done. */
export async function forEachConcurrently<T>(
  tasks: AsyncIterable<T>,
  concurrency: number,
  work: (task: T) => Promise<void>,
): Promise<void> {
  const coming = tasks[Symbol.asyncIterator]();
  const hand = async () => {
    for (let next = await coming.next(); next.done !== true; next = await coming.next()) await work(next.value);
  };
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, hand));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
