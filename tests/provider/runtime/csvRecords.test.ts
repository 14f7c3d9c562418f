import { csvRecord, readCsv } from "../../../provider/runtime/csvRecords";

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function recordsOf(bytes: Buffer, size: number): Promise<string[][]> {
  const all: string[][] = [];
  for await (const records of readCsv(pieces(bytes, size))) all.push(...records);
  return all;
}

const values = ["", "a", 'a "b", c', "line\r\nfeed\n", '"', '""', "Grüße €", "\r", ",", '","'];

test.each([1, 2, 3, 7, 1000])("what is written is read, in pieces of %s bytes", async (size) => {
  const text = Buffer.concat(values.map((value, index) => csvRecord("g", `k${index}`, Buffer.from(value))));
  expect(await recordsOf(text, size)).toEqual(
    values.map((value, index) => ["g", `k${index}`, Buffer.from(value).toString("latin1")]),
  );
});

test.each([1, 2, 100])(
  "other line ends, blank lines, bare and quoted fields (pieces of %s)",
  async (size) => {
    const text = Buffer.from('a,b,c\n\n"a","b","c"\r\n\r\na,b,\na,b,"x\ny",3600');
    expect(await recordsOf(text, size)).toEqual([
      ["a", "b", "c"],
      ["a", "b", "c"],
      ["a", "b", ""],
      ["a", "b", "x\ny", "3600"],
    ]);
  },
);

test("a text that breaks off within a value is no CSV", async () => {
  await expect(recordsOf(Buffer.from('a,b,"c'), 2)).rejects.toThrow("it ends within a value");
  await expect(recordsOf(Buffer.from('a,b,"c"d\n'), 2)).rejects.toThrow(
    "text after a closing quotation mark",
  );
});
