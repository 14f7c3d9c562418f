import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readItems, type Source } from "../../../provider/items/source/source";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akamai-edge-items-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const inner = (name: string) => {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
};
/** Each item as `key=value`, `key:json`. */
async function read(source: Source): Promise<string[]> {
  const found: string[] = [];
  for await (const { key, content } of readItems(source)) {
    found.push(`${key}${content.json ? ":" : "="}${Buffer.from(content.bytes).toString("utf8")}`);
  }
  return found;
}
const failure = async (source: Source) => {
  try {
    return await read(source);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}`.replaceAll(folder, "…") : error;
  }
};

/** Each kind of UTF-16, with and without its byte order mark, as each kind of source. */
function utf16Cases(): [string, () => Source, string][] {
  const encode = (text: string, isBig: boolean, mark: boolean) => {
    const bytes = Buffer.from((mark ? "\uFEFF" : "") + text, "utf16le");
    return isBig ? bytes.swap16() : bytes;
  };
  const sources = [
    ["a.csv", "key,value\nDE,Grüße\n"],
    ["a.ndjson", '{"key":"DE","value":"Grüße"}'],
    ["a.json", '{"DE":"Grüße"}'],
  ] as const;
  const kinds = [false, true].flatMap((isBig) => [false, true].map((mark) => ({ isBig, mark })));
  return kinds.flatMap(({ isBig, mark }) => {
    const kind = isBig ? "UTF-16 BE" : "UTF-16 LE";
    const what = `${kind} ${mark ? "with" : "without"} its mark`;
    return [
      ...sources.map(([name, text]): [string, () => Source, string] => [
        `${what}: ${name}`,
        () => ({ file: file(name, encode(text, isBig, mark)) }),
        `…/${name} is text in ${kind}: save it in UTF-8`,
      ]),
      ...["DE.txt", "DE.json"].map((name): [string, () => Source, string] => [
        `${what}: ${name} in a folder`,
        () => ({ folder: dirname(file(name, encode('"Grüße"', isBig, mark))) }),
        `${name} is text in ${kind}: save it in UTF-8`,
      ]),
    ];
  });
}

test("a map", async () => {
  expect(await read({ items: { a: "text", b: { json: '{"y":1,"x":null}' }, c: "" } })).toEqual([
    "a=text",
    'b:{"x":null,"y":1}',
    "c=",
  ]);
  expect(await read({ items: {} })).toEqual([]);
});

describe("a JSON file", () => {
  test("that is an object has keys and values: texts are text, all else is JSON", async () => {
    const path = file("a.json", '\uFEFF{"a":"text","b":{"y":1,"x":2},"c":null,"d":42,"e":"","f":[1]}');
    expect(await read({ file: path })).toEqual([
      "a=text",
      'b:{"x":2,"y":1}',
      "c:null",
      "d:42",
      "e=",
      "f:[1]",
    ]);
  });

  test("that is a list has records", async () => {
    const path = file(
      "a.json",
      '[{"key":"a","value":"x"},{"key":"b","value":{"n":1}},{"key":"c","to":"/c","code":301}]',
    );
    expect(await read({ file: path })).toEqual(["a=x", 'b:{"n":1}', 'c:{"code":301,"to":"/c"}']);
  });
});

describe("an NDJSON file", () => {
  test("has a record in each line", async () => {
    const path = file(
      "a.ndjson",
      '{"key":"a","value":"x"}\r\n\n{"key":7,"value":null}\n{"key":"c","to":"/c"}',
    );
    expect(await read({ file: path })).toEqual(["a=x", "7:null", 'c:{"to":"/c"}']);
  });

  test("may call key and value by other names", async () => {
    const path = file("a.jsonl", '{"id":"a","text":"x","note":"n"}');
    expect(await read({ file: path, columns: { key: "id", value: "text" } })).toEqual(["a=x"]);
    expect(await read({ file: path, columns: { key: "id" } })).toEqual(['a:{"note":"n","text":"x"}']);
  });
});

describe("a CSV file", () => {
  test("has its keys and values in columns, as RFC 4180 writes them", async () => {
    const path = file("a.csv", '\uFEFFvalue,key\r\n"one, ""two""\nthree",a\r\n,b\r\n\r\n  blank  ,c\r\n');
    expect(await read({ file: path })).toEqual(['a=one, "two"\nthree', "b=", "c=  blank  "]);
  });

  test("without a column for the value has JSON of all others", async () => {
    const path = file("a.csv", "from,to,status\nhome,/,301\njobs,/careers,302\n");
    expect(await read({ file: path, columns: { key: "from" } })).toEqual([
      'home:{"status":"301","to":"/"}',
      'jobs:{"status":"302","to":"/careers"}',
    ]);
    expect(await read({ file: path, columns: { key: "from", value: "to" } })).toEqual([
      "home=/",
      "jobs=/careers",
    ]);
  });

  test("may have other delimiters", async () => {
    expect(await read({ file: file("a.tsv", "key\tvalue\na\tx,y\n") })).toEqual(["a=x,y"]);
    expect(await read({ file: file("a.csv", "key;value\na;x,y\n"), columns: { delimiter: ";" } })).toEqual([
      "a=x,y",
    ]);
  });
});

describe("a folder", () => {
  test("has an item in each file; JSON files are JSON, all others what they are", async () => {
    file("b.json", '{ "y": 1, "x": 2 }');
    file("a.txt", "text\n");
    file("c", Uint8Array.of(0xff, 0x00));
    file(".DS_Store", "x");
    const found: [string, boolean, number][] = [];
    for await (const { key, content } of readItems({ folder }))
      found.push([key, content.json, content.bytes.length]);
    expect(found).toEqual([
      ["a", false, 5],
      ["b", true, 13],
      ["c", false, 2],
    ]);
  });
});

describe("what a file has is what an item has", () => {
  test.each<[string, string, string[]]>([
    ["line feeds, then both", "key,value\nDE,Hallo\r\nFR,Salut\r\n", ["DE=Hallo", "FR=Salut"]],
    ["both, then line feeds", "key,value\r\nDE,Hallo\nFR,Salut\n", ["DE=Hallo", "FR=Salut"]],
    ["carriage returns alone", "key,value\rDE,Hallo\rFR,Salut", ["DE=Hallo", "FR=Salut"]],
    ["each kind, and one in quotes", 'key,value\nA,"x\r\ny"\rB,z\r\n\r\n\nC,', ["A=x\r\ny", "B=z", "C="]],
    ["blanks and capitals in its header", "Key , VALUE\nDE,Hallo\n", ["DE=Hallo"]],
    ["capitals beside the exact name", "Key,key,value\nx,DE,Hallo\n", ["DE=Hallo"]],
    [
      "nameless columns",
      "key,value,,\r\nDE,Hallo,,\r\nFR,Salut\r\nIT,Ciao,\r\n",
      ["DE=Hallo", "FR=Salut", "IT=Ciao"],
    ],
    ["a nameless column between others", "key, ,value\nDE,,Hallo\n", ["DE=Hallo"]],
    ["more delimiters than columns", "key,value\nDE,Hallo,,\n,,,\n,\n", ["DE=Hallo"]],
  ])("in CSV with %s", async (_what, text, expected) => {
    expect(await read({ file: file("a.csv", text) })).toEqual(expected);
  });

  test("in CSV without a column for the value: no member has an empty name", async () => {
    const columns = { key: "from" };
    expect(await read({ file: file("a.csv", " From ,to,\na,/b,\n"), columns })).toEqual(['a:{"to":"/b"}']);
  });

  test("whatever the size of a piece that is read: a line end may be cut in two", async () => {
    const rows = Array.from({ length: 30_000 }, (_row, index) => `k${index},${"v".repeat(index % 7)}`);
    const expected = rows.map((row) => row.replace(",", "="));
    expect(await read({ file: file("a.csv", `key,value\r\n${rows.join("\r\n")}`) })).toEqual(expected);
    const lines = rows.map((row) => JSON.stringify({ key: row.split(",")[0], value: row.split(",")[1] }));
    for (const end of ["\r\n", "\n", "\r"])
      expect(await read({ file: file("a.ndjson", lines.join(end)) })).toEqual(expected);
  });

  test("in NDJSON with each kind of line end; lines are counted alike", async () => {
    const path = file(
      "a.ndjson",
      '{"key":"a","value":"x"}\r{"key":"b","value":"y"}\r\n\n{"key":"c","value":"z"}\r',
    );
    expect(await read({ file: path })).toEqual(["a=x", "b=y", "c=z"]);
    expect(await failure({ file: file("b.ndjson", '{"key":"a"}\r\n\r{"key":"b"}\n[]') })).toBe(
      "SourceError: line 4 is not a JSON object",
    );
  });

  test("numbers keep their digits, as values and as keys, at any depth", async () => {
    const value = '{"id":9007199254740993,"list":[1.10,-0,1E5,123456789012345678901234567890,0.1e-400]}';
    const expected = `a:${value}`;
    expect(await read({ file: file("a.json", `{"a":${value}}`) })).toEqual([expected]);
    expect(await read({ file: file("b.json", `[{"key":"a","value":${value}}]`) })).toEqual([expected]);
    expect(await read({ file: file("a.ndjson", `{"key":"a","value":${value}}`) })).toEqual([expected]);
    expect(await read({ items: { a: { json: value } } })).toEqual([expected]);
    const inFolder = inner("items");
    writeFileSync(join(inFolder, "a.JSON"), `\uFEFF${value}`);
    expect(await read({ folder: inFolder })).toEqual([expected]);
    expect(await read({ file: file("c.ndjson", '{"key":9007199254740993,"value":"x"}') })).toEqual([
      "9007199254740993=x",
    ]);
    expect(await read({ file: file("d.json", '{"9007199254740993":18446744073709551616}') })).toEqual([
      "9007199254740993:18446744073709551616",
    ]);
  });

  test("names that objects have of their own are names like others", async () => {
    expect(await read({ file: file("a.json", '{"__proto__":{"constructor":1},"toString":"x"}') })).toEqual([
      '__proto__:{"constructor":1}',
      "toString=x",
    ]);
  });

  test("a byte order mark is not part of a text, in a folder either", async () => {
    file("DE.txt", "\uFEFFHallo");
    file("FR.Json", '\uFEFF"Salut"');
    file("IT.json", '{"a":1}');
    expect(await read({ folder })).toEqual(["DE=Hallo", 'FR:"Salut"', 'IT:{"a":1}']);
  });
});

describe("an unreadable source is reported by its position, never by its values", () => {
  test.each<[string, () => Source, string]>([
    ["no file", () => ({ file: join(folder, "none.csv") }), "there is no …/none.csv"],
    ["no folder", () => ({ folder: join(folder, "none") }), "there is no …/none"],
    ["a folder for a file", () => ({ file: inner("a.csv") }), "…/a.csv is not a regular file"],
    ["a file for a folder", () => ({ folder: file("a", "secret") }), "…/a can't be read (ENOTDIR)"],
    [
      "another kind",
      () => ({ file: file("a.yaml", "secret") }),
      "the name of …/a.yaml must end with .json, .ndjson, .jsonl, .csv or .tsv: the extension sets the format",
    ],
    ["no UTF-8", () => ({ file: file("a.csv", Uint8Array.of(0x6b, 0xff)) }), "…/a.csv is not text in UTF-8"],
    [
      "UTF-8 that breaks off",
      () => ({ file: file("a.json", Uint8Array.of(0x22, 0xe2, 0x82)) }),
      "…/a.json is not text in UTF-8",
    ],
    [
      "no JSON",
      () => ({ file: file("a.json", '{"secret') }),
      "…/a.json is not JSON: line 1, column 2: the text in quotes has no end",
    ],
    ["JSON of another shape", () => ({ file: file("a.json", '"secret"') }), "…/a.json is not a JSON object"],
    [
      "columns for an object",
      () => ({ file: file("a.json", "{}"), columns: {} }),
      "…/a.json is an object with keys as member names, so `columns` does not apply: remove `columns`",
    ],
    ["an entry that is none", () => ({ file: file("a.json", "[[]]") }), "entry 1 is not a JSON object"],
    [
      "an entry without a key",
      () => ({ file: file("a.json", '[{"key":true}]') }),
      "entry 1 has no key that could be a key",
    ],
    [
      "a line that is no JSON",
      () => ({ file: file("a.ndjson", '{"key":"a"}\n{secret') }),
      "line 2 is not JSON: column 2: a name in double quotes is expected",
    ],
    [
      "a line without its value",
      () => ({ file: file("a.ndjson", '{"key":"a"}'), columns: { value: "v" } }),
      "line 1 has no v",
    ],
    [
      "a column that is not there",
      () => ({ file: file("a.csv", "from,to\na,b\n") }),
      "the first line of …/a.csv names no column key; it names from, to",
    ],
    [
      "a column twice",
      () => ({ file: file("a.csv", "key,key\na,b\n") }),
      "the first line of …/a.csv names a column twice: key (columns 1 and 2)",
    ],
    [
      "a column twice, but for capitals",
      () => ({ file: file("a.csv", "KEY,Key,value\na,b,c\n") }),
      "the first line of …/a.csv names a column twice: key (columns 1 and 2)",
    ],
    [
      "another column twice, but for blanks",
      () => ({ file: file("a.csv", "key,to,to \na,b,c\n"), columns: {} }),
      "the first line of …/a.csv names a column twice: to (columns 2 and 3)",
    ],
    [
      "another delimiter",
      () => ({ file: file("a.csv", "key;value\na;b\n") }),
      'the first line of …/a.csv names no column key; it names key;value. If ";" separates its columns, set `columns: { delimiter: ";" }`',
    ],
    [
      "Excel's line with the separator",
      () => ({ file: file("a.csv", "\uFEFFsep=;\r\nkey;value\r\na;b\r\n") }),
      'the first line of …/a.csv is the separator of Excel, not the names of the columns: remove that line, and set `columns: { delimiter: ";" }`',
    ],
    [
      "Excel's line with the separator that is set",
      () => ({ file: file("a.csv", "sep=;\r\nkey;value\r\na;b\r\n"), columns: { delimiter: ";" } }),
      "the first line of …/a.csv is the separator of Excel, not the names of the columns: remove that line",
    ],
    [
      "a value in a column without a name",
      () => ({ file: file("a.csv", "key,value,\na,b,\nc,d,secret\n") }),
      "line 3 has a value in column 3, which has no name in the first line",
    ],
    [
      "too many fields",
      () => ({ file: file("a.csv", "key,value\na,b,secret\n") }),
      "line 2 has more or fewer fields than the first line",
    ],
    [
      "a name twice in an object",
      () => ({ file: file("a.json", '{"DE":"a",\n "DE":"secret"}') }),
      "…/a.json, line 2, column 2: the text has the name DE twice",
    ],
    [
      "a name twice deep inside",
      () => ({ file: file("a.json", '{"DE":[{"x":{"n":1,"n":"secret"}}]}') }),
      "…/a.json, line 1, column 20: `DE.0.x` has the name n twice",
    ],
    [
      "a name twice, written in two ways",
      () => ({ file: file("a.ndjson", '{"key":"a","value":{"a":1,"\\u0061":2}}') }),
      "line 1, column 27: `value` has the name a twice",
    ],
    [
      "a number out of range",
      () => ({ file: file("a.json", '{"DE":{"e":1e400}}') }),
      "…/a.json, line 1, column 12: `DE.e` is 1e400, a number beyond the range of JavaScript",
    ],
    [
      "a negative number out of range in a line",
      () => ({ file: file("a.ndjson", '{"key":"a","value":-1e309}') }),
      "line 1, column 20: `value` is -1e309, a number beyond the range of JavaScript",
    ],
    [
      "a key that is a number with more than digits",
      () => ({ file: file("a.ndjson", '{"key":1e3,"value":"x"}') }),
      "line 1: the key 1e3 is a number with more than digits: write it as text",
    ],
    [
      "half of a surrogate pair",
      () => ({ file: file("a.json", '{"DE":"\\ud800"}') }),
      "…/a.json, line 1, column 7: `DE` has half of a surrogate pair, which UTF-8 can't hold",
    ],
    [
      "half of a surrogate pair in a key",
      () => ({ file: file("a.json", '{"\\udfff":1}') }),
      "…/a.json, line 1, column 2: the text has half of a surrogate pair, which UTF-8 can't hold",
    ],
    [
      "half of a surrogate pair in a text of the program",
      () => ({ items: { DE: "\ud800x" } }),
      "DE has half of a surrogate pair, which UTF-8 can't hold",
    ],
    [
      "JSON in a folder with half of a surrogate pair",
      () => ({ folder: dirname(file("a.JSON", '["\\ud800"]')) }),
      "a.JSON, line 1, column 2: `0` has half of a surrogate pair, which UTF-8 can't hold",
    ],
    ...utf16Cases(),
    [
      "JSON in a folder that is not UTF-8",
      () => ({ folder: dirname(file("a.json", Uint8Array.of(0x22, 0xff, 0x22))) }),
      "a.json is not text in UTF-8",
    ],
    [
      "what an editor left",
      () => ({ folder: dirname(file("DE.txt~", "secret")) }),
      "DE.txt~ in … is a file of an editor or of the system: remove it",
    ],
    [
      "what a system left",
      () => ({ folder: dirname(file("Thumbs.db", "secret")) }),
      "Thumbs.db in … is a file of an editor or of the system: remove it",
    ],
    [
      "too few fields",
      () => ({ file: file("a.csv", "key,value\na,b\nsecret\n") }),
      "line 3 has more or fewer fields than the first line",
    ],
    [
      "a stray quotation mark",
      () => ({ file: file("a.csv", 'key,value\na,"secret"x\n') }),
      "line 2 has a misplaced quotation mark",
    ],
    [
      "an open quotation mark",
      () => ({ file: file("a.csv", 'key,value\na,"secret\n') }),
      "line 2 has a misplaced quotation mark",
    ],
    [
      "a folder in a folder",
      () => ({ folder: dirname(inner("deep")) }),
      "deep in … is not a regular file: each file is an item, and sub-folders are not supported",
    ],
    [
      "JSON in a folder that is none",
      () => ({ folder: dirname(file("a.json", "secret")) }),
      "a.json is not JSON: line 1, column 1: a value is expected",
    ],
  ])("%s", async (_what, source, message) => {
    expect(await failure(source())).toBe(`SourceError: ${message}`);
  });
});

describe("what would not end, or is outside", () => {
  test("JSON of a map that is none", async () => {
    expect(await failure({ items: { a: { json: "{" } } })).toBe(
      "SourceError: a is not JSON: line 1, column 2: a name in double quotes is expected",
    );
  });

  test("JSON that is nested too deep to be written down", async () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    expect(await failure({ items: { a: { json: deep } } })).toBe(
      "SourceError: a, line 1, column 1001: the text is nested too deep",
    );
    expect(await failure({ file: file("a.ndjson", `{"key":"a","value":${deep}}`) })).toBe(
      "SourceError: line 1, column 1019: the text is nested too deep",
    );
  });

  test("a file that is not a regular one", async () => {
    expect(await failure({ file: inner("a.csv") })).toBe("SourceError: …/a.csv is not a regular file");
    symlinkSync("/dev/zero", join(folder, "b.csv"));
    expect(await failure({ file: join(folder, "b.csv") })).toBe("SourceError: …/b.csv is not a regular file");
  });

  test("a record without end", async () => {
    const long = "x".repeat(9 * 1024 * 1024);
    expect(await failure({ file: file("a.ndjson", `{}\n"${long}`) })).toMatch(/entry|line 1 has no key/);
    expect(await failure({ file: file("b.ndjson", `\n"${long}`) })).toMatch(
      /^SourceError: line 2 begins a record of more than 8,388,608 characters/,
    );
    expect(await failure({ file: file("c.csv", `key,value\na,"${long}`) })).toMatch(
      /^SourceError: line 2 begins a record of more than 4,194,304 characters/,
    );
  });

  test("columns without end", async () => {
    expect(await failure({ file: file("a.csv", `${"c,".repeat(10_000)}key\n`) })).toMatch(
      / names 10,001 columns: at most 10,000 are supported$/,
    );
  });

  test("a link out of the folder", async () => {
    const path = inner("items");
    symlinkSync(file("outside.txt", "x"), join(path, "a.txt"));
    expect(await failure({ folder: path })).toBe("SourceError: a.txt in …/items is a link out of the folder");
    rmSync(join(path, "a.txt"));
    writeFileSync(join(path, "b.txt"), "x");
    symlinkSync("b.txt", join(path, "a.txt"));
    expect(await read({ folder: path })).toEqual(["a=x", "b=x"]);
  });
});
