import { allocate, allocateNumbers, release } from "../../../provider/runtime/largeMemory";

test.each([16, 4 * 1024 * 1024])(
  "memory of %i bytes holds what is written, and is given back once",
  (bytes) => {
    const [some, numbers] = [allocate(bytes), allocateNumbers(bytes / 4)];
    expect([some.length, numbers.length]).toEqual([bytes, bytes / 4]);
    expect(numbers.every((number) => number === 0)).toBe(true);
    some.fill(7);
    numbers.fill(0xffff_ffff);
    expect([some[bytes - 1], numbers.at(-1)]).toEqual([7, 0xffff_ffff]);
    release(some, numbers);
    release(some, numbers);
  },
);

test("large memory goes back to the system at once, and small memory may be shared", () => {
  const [large, numbers, small] = [allocate(8 * 1024 * 1024), allocateNumbers(2 * 1024 * 1024), allocate(16)];
  small.fill(7);
  release(large.subarray(5, 10), numbers, small);
  expect([large.buffer.byteLength, numbers.buffer.byteLength, small[0]]).toEqual([0, 0, 7]);
});
