/**
 * Works on tasks with bounded concurrency, and takes a task only when a worker is free for it.
 * An error of the source is thrown once the tasks that have begun are done.
 */
export async function forEachConcurrently<T>(
  tasks: AsyncIterable<T>,
  concurrency: number,
  work: (task: T) => Promise<void>,
): Promise<void> {
  const source = tasks[Symbol.asyncIterator]();
  const worker = async () => {
    for (let next = await source.next(); next.done !== true; next = await source.next())
      await work(next.value);
  };
  const results = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
