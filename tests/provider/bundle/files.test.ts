import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack as tarPack } from "tar-stream";
import { BundleError, readBundle, unpack } from "../../../provider/bundle/files";
import { describeLeftOut } from "../../../provider/bundle/leftOut";
import { packBundle } from "../../../provider/bundle/pack";
import { plainSource } from "../../../provider/bundle/source";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bundle-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (path: string, text: string | Buffer = path) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const texts = async (...args: Parameters<typeof readBundle>) =>
  Object.fromEntries(
    [...(await readBundle(...args))].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]),
  );
const names = async (...args: Parameters<typeof readBundle>) => [...(await readBundle(...args)).keys()];
const refusal = (run: Promise<unknown>) =>
  run.then(
    () => "",
    (error: Error) => (error instanceof BundleError ? error.message : `${error.name}: ${error.message}`),
  );
interface Entry {
  readonly name: string;
  readonly type?: "file" | "symlink" | "directory" | "character-device";
  readonly linkname?: string;
}
const tarball = async (...entries: (Entry & { text?: string })[]) => {
  const tar = tarPack();
  for (const { text = "x", ...header } of entries) {
    if ((header.type ?? "file") === "file") tar.entry({ mode: 0o755, ...header }, text);
    else tar.entry({ mode: 0o755, ...header });
  }
  tar.finalize();
  return gzipSync(await buffer(tar));
};

test("a folder, with what is never wanted left out, in order", async () => {
  for (const path of ["main.js", "lib/b.js", "lib/a.js", "bundle.json", "B.js", "constructor"]) write(path);
  for (const path of [
    "node_modules/x/index.js",
    "lib/node_modules/y.js",
    "._main.js",
    "lib/._a.js",
    ".DS_Store",
    "__MACOSX/x",
  ])
    write(path);
  write("__tests__/kept.js");
  mkdirSync(join(folder, "empty"));
  expect(await names(folder, "/")).toEqual([
    "B.js",
    "__tests__/kept.js",
    "bundle.json",
    "constructor",
    "lib/a.js",
    "lib/b.js",
    "main.js",
  ]);
  expect(await names(".", folder)).toHaveLength(7);
});

test.each([
  [["tests"], ["docs/a.md", "main.js", "x.md"]],
  [["./tests/"], ["docs/a.md", "main.js", "x.md"]],
  [["tests/**"], ["docs/a.md", "main.js", "x.md"]],
  [["*.md"], ["docs/a.md", "main.js", "tests/a.js", "tests/deep/b.js"]],
  [
    ["**/*.md", "tests/deep"],
    ["main.js", "tests/a.js"],
  ],
  [["**"], []],
])("exclude %j", async (exclude, left) => {
  for (const path of ["main.js", "x.md", "docs/a.md", "tests/a.js", "tests/deep/b.js"]) write(path);
  expect(await names(folder, "/", exclude)).toEqual(left);
  const map = Object.fromEntries((await names(folder, "/")).map((path) => [path, "text"]));
  expect(await names(map, "/", exclude)).toEqual(left);
});

describe("what belongs to tools or holds secrets is left out, and named", () => {
  const left = [
    ".env",
    ".env.local",
    ".git/config",
    ".gitignore",
    ".idea/x.xml",
    ".vscode/settings.json",
    ".npmrc",
    ".edgerc",
    ".DS_Store",
    "._main.js",
    "__MACOSX/x",
    "Thumbs.db",
    "desktop.ini",
    "main.js~",
    "main.js.swp",
    "#main.js#",
    "node_modules/x/index.js",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lockb",
    "deno.lock",
    "server.key",
    "client.pem",
    "id_rsa",
    "lib/.env",
    "lib/node_modules/y.js",
  ];
  const shown = left
    .map(
      (path) =>
        /^(?:\.git|\.idea|\.vscode|__MACOSX|node_modules)(?=\/)|^lib\/node_modules/.exec(path)?.[0] ?? path,
    )
    .sort();
  const stays = ["main.js", "lib/env.js", "git.js", "lock.json", "keys/a.js"];

  test("of a folder, a .tgz and a map", async () => {
    for (const path of [...left, ...stays]) write(`src/${path}`, "x");
    execFileSync("tar", ["-czf", join(folder, "b.tgz"), "-C", join(folder, "src"), "."]);
    const map = Object.fromEntries([...left, ...stays].map((path) => [path, "x"]));
    for (const source of ["src", "b.tgz", map]) {
      const found = new Set<string>();
      expect(await names(source, folder, [], found)).toEqual([...stays].sort());
      expect([...found].sort()).toEqual(shown);
    }
  });

  test("what `exclude` names is not reported", async () => {
    for (const path of [".env", "node_modules/x.js", "main.js"]) write(path);
    const found = new Set<string>();
    expect(await names(folder, "/", [".env", "node_modules"], found)).toEqual(["main.js"]);
    expect([...found]).toEqual([]);
  });

  test("in one line, with a caution where secrets may be among it", () => {
    expect(describeLeftOut([])).toBeUndefined();
    expect(describeLeftOut(["yarn.lock", ".git"])).toEqual({
      hasSecrets: false,
      message: "left out of the bundle: .git, yarn.lock. Name them in `exclude` to leave them out silently.",
    });
    expect(describeLeftOut(["lib/.env", ...Array.from({ length: 12 }, (_x, i) => `z${i}~`)])).toEqual({
      hasSecrets: true,
      message:
        "left out of the bundle: lib/.env, z0~, z10~, z11~, z1~, z2~, z3~, z4~, z5~, z6~ and 3 more. Such files may hold secrets, which no bundle should have. Name them in `exclude` to leave them out silently.",
    });
  });
});

test("a byte order mark is left off the manifest, from wherever it comes", async () => {
  write("src/bundle.json", "\uFEFF{}");
  execFileSync("tar", ["-czf", join(folder, "b.tgz"), "-C", join(folder, "src"), "."]);
  for (const source of ["src", "b.tgz", { "bundle.json": "\uFEFF\uFEFF{}" }])
    expect(await texts(source, folder)).toEqual({ "bundle.json": "{}" });
});

test("what is excluded is not read, and counts for nothing", async () => {
  write("main.js");
  write("big.bin", Buffer.alloc(9 * 1024 * 1024));
  write("tests/secret");
  symlinkSync("/etc", join(folder, "outside"));
  expect(await refusal(readBundle(folder, "/"))).toContain("more than 8388608 bytes");
  expect(await names(folder, "/", ["*.bin", "outside", "tests"])).toEqual(["main.js"]);
});

test("a .tgz, whoever packed it: ./ before the names, folders, executable files", async () => {
  write("src/main.js", "main");
  write("src/lib/a.js", "a");
  chmodSync(join(folder, "src/main.js"), 0o777);
  execFileSync("tar", ["-czf", join(folder, "b.tgz"), "-C", join(folder, "src"), "."]);
  expect(await texts("b.tgz", folder)).toEqual({ "lib/a.js": "a", "main.js": "main" });
});

test("texts, assets, archives and archives in archives, as Pulumi sends them and as they are kept", async () => {
  write("x.js", "file");
  write("lib/a.js", "a");
  const signature = "4dabf18193072939515e22adb298388d";
  const asset = (of: object) => ({ [signature]: "c44067f5952c0a294b673a41bacd8c17", hash: "abc", ...of });
  const archive = (of: object) => ({ [signature]: "0def7320c3a5731c473e5ecbe6d01bc7", hash: "abc", ...of });
  const assets = {
    "main.js": asset({ text: "main" }),
    "x.js": asset({ path: join(folder, "x.js") }),
    more: archive({ path: join(folder, "lib") }),
    inner: archive({ assets: { "b.js": asset({ text: "b" }) } }),
    "c.js": "c",
  };
  const kept = {
    "main.js": "main",
    "x.js": { file: "x.js" },
    more: { archive: "lib" },
    "inner/b.js": "b",
    "c.js": "c",
  };
  const all = { "c.js": "c", "inner/b.js": "b", "main.js": "main", "more/a.js": "a", "x.js": "file" };
  for (const source of [assets, archive({ assets })]) {
    expect(plainSource(source, folder)).toEqual(kept);
    expect(await texts(plainSource(source, folder), folder)).toEqual(all);
  }
  expect(plainSource(kept, folder)).toEqual(kept);
  expect(plainSource(archive({ path: join(folder, "lib") }), folder)).toBe("lib");
  expect(plainSource(folder, folder)).toBe(".");
  for (const [source, message] of [
    [archive({ uri: "https://x" }), "an archive from the network has to be downloaded first"],
    [{ "a.js": asset({ uri: "https://x" }) }, "a.js: must be a text, or a Pulumi asset"],
    [{ "a.js": 5 }, "a.js: must be a text, or a Pulumi asset"],
    [{ "a.js": { text: "x" } }, "a.js: must be a text, or a Pulumi asset"],
    [["a"], "must be a path, a Pulumi archive, or a map of files"],
    [7, "must be a path, a Pulumi archive, or a map of files"],
  ] as const) {
    expect(() => plainSource(source, folder)).toThrow(message);
  }
});

test.each([
  "../evil.js",
  "/etc/evil.js",
  "a/../../evil.js",
  "a\\b.js",
  "a//b.js",
  "a/./b.js",
  "",
  "..",
  "__proto__",
  "a/__proto__/b",
  "a\nb",
  `${"a/".repeat(600)}b`,
])("a name that leads astray is refused: %j", async (name) => {
  expect(await refusal(readBundle(Object.fromEntries([[name, "x"]]), "/"))).toContain(
    "is not a path that a file of a bundle can have",
  );
  if (name !== "")
    expect(await refusal(unpack(await tarball({ name }), "b.tgz"))).toContain(
      "is not a path that a file of a bundle can have",
    );
});

describe("a folder", () => {
  test("may have links to files in it, and to nothing else", async () => {
    write("main.js", "main");
    symlinkSync("main.js", join(folder, "same.js"));
    expect(await texts(folder, "/")).toEqual({ "main.js": "main", "same.js": "main" });
    for (const [target, name, message] of [
      ["/etc/hostname", "host", "host is a link out of the folder"],
      ["..", "up", "up is a link out of the folder"],
      [".", "loop", "loop is a link to a folder"],
      ["nothing", "dangling", "that the link dangling leads to"],
    ] as const) {
      symlinkSync(target, join(folder, name));
      expect(await refusal(readBundle(folder, "/"))).toContain(message);
      rmSync(join(folder, name));
    }
  });

  test("must be there, be readable, and hold files", async () => {
    expect(await refusal(readBundle("nowhere", folder))).toBe(
      `there is no folder or file nowhere (looked for ${join(folder, "nowhere")})`,
    );
    write("main.js");
    execFileSync("mkfifo", [join(folder, "pipe")]);
    expect(await refusal(readBundle(folder, "/"))).toBe("pipe is neither a file nor a folder");
    expect(await refusal(readBundle("main.js", folder))).toBe("main.js is neither a folder nor a .tgz");
    expect(await refusal(readBundle({ x: { file: "." } }, folder))).toBe("x: . is not a file");
  });

  test("with names that are not UTF-8, or break lines, is refused", async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]), "x");
    expect(await refusal(readBundle(folder, "/"))).toContain(
      "is not a path that a file of a bundle can have",
    );
  });

  test("with more files than any bundle has is refused, and so is a deep one", async () => {
    for (let index = 0; index <= 10_000; index++) writeFileSync(join(folder, String(index)), "");
    expect(await refusal(readBundle(folder, "/"))).toBe("there are more than 10000 files in it");
    rmSync(folder, { recursive: true });
    mkdirSync(join(folder, ...Array<string>(700).fill("d")), { recursive: true });
    write(`${"d/".repeat(700)}x`);
    expect(await refusal(readBundle(folder, "/"))).toContain(
      "is not a path that a file of a bundle can have",
    );
  });
});

describe("a .tgz", () => {
  test.each<[string, () => Buffer | Promise<Buffer>, string]>([
    ["empty", () => Buffer.alloc(0), "b.tgz is not a gzip file that can be unpacked"],
    ["no gzip", () => Buffer.from("no gzip at all"), "b.tgz is not a gzip file that can be unpacked"],
    [
      "no tar",
      () => gzipSync("no tar at all".repeat(100)),
      "b.tgz is not a tar archive that can be unpacked",
    ],
    [
      "cut off",
      async () => (await tarball({ name: "a", text: "x".repeat(5000) })).subarray(0, 60),
      "b.tgz is not a gzip file that can be unpacked",
    ],
    [
      "a link",
      () => tarball({ name: "evil", type: "symlink", linkname: "/etc/passwd" }),
      "b.tgz: evil is a symlink, not a file",
    ],
    [
      "a device",
      () => tarball({ name: "zero", type: "character-device" }),
      "b.tgz: zero is a character-device, not a file",
    ],
    ["a bomb", () => gzipSync(Buffer.alloc(300 * 1024 * 1024)), "b.tgz unpacks to more than 8388608 bytes"],
    ["a large file", () => Buffer.alloc(9 * 1024 * 1024), "b.tgz has more than 8388608 bytes"],
  ])("that is %s is refused, in little memory", async (_what, make, message) => {
    write("b.tgz", await make());
    const before = process.memoryUsage().arrayBuffers;
    expect(await refusal(readBundle("b.tgz", folder))).toContain(message);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  test("with nothing in it has no files", async () => {
    expect((await unpack(await tarball(), "b.tgz")).size).toBe(0);
  });

  test("cut off within a file is refused", async () => {
    const tar = tarPack();
    tar.entry({ name: "a" }, "x".repeat(5000));
    tar.finalize();
    const bytes = gzipSync((await buffer(tar)).subarray(0, 1500));
    expect(await refusal(unpack(bytes, "b.tgz"))).toBe("b.tgz is not a tar archive that can be unpacked");
  });
});

describe("the archive", () => {
  test("has the same bytes whatever the order, times, modes and language of the machine that packs it", async () => {
    const other = mkdtempSync(join(tmpdir(), "bundle-"));
    const paths = ["main.js", "bundle.json", "lib/ä.js", "lib/z.js", "Z.js", "a.js"];
    for (const path of paths) write(path, `of ${path}`);
    for (const [index, path] of [...paths].reverse().entries()) {
      mkdirSync(dirname(join(other, path)), { recursive: true });
      writeFileSync(join(other, path), `of ${path}`, { mode: index % 2 ? 0o700 : 0o644 });
      utimesSync(join(other, path), index * 1e6, index * 1e6);
    }
    const umask = process.umask(0o077);
    const zone = process.env.TZ;
    const one = await packBundle(await readBundle(folder, "/"));
    process.umask(0o000);
    process.env.TZ = "Asia/Tokyo";
    const two = await packBundle(new Map([...(await readBundle(other, "/"))].reverse()));
    process.umask(umask);
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
    expect(one.equals(two)).toBe(true);
    rmSync(other, { recursive: true });
  });

  test("is known for good: a change of these bytes would be a new version for everybody", async () => {
    const { createHash } = await import("node:crypto");
    const { gunzipSync } = await import("node:zlib");
    const packed = await packBundle(
      new Map([
        ["b.js", Buffer.from("b")],
        ["a.js", Buffer.from("a")],
      ]),
    );
    expect(packed.subarray(0, 10).toString("hex")).toBe("1f8b08000000000002ff");
    expect(createHash("sha256").update(gunzipSync(packed)).digest("hex")).toMatchInlineSnapshot(
      `"e8ba1b68ac338a98b7d51956d59785373f44945c941d1d843d5de8fa91a3538b"`,
    );
  });

  test("opens with tar: all at the root, nothing executable, without owner and time", async () => {
    const long = `lib/${"long".repeat(40)}.js`;
    const files = new Map(["main.js", "lib/ä.js", long].map((path) => [path, Buffer.from(path)]));
    writeFileSync(join(folder, "b.tgz"), await packBundle(files));
    const listed = execFileSync("tar", ["-tzvf", "b.tgz", "--numeric-owner", "--utc"], {
      cwd: folder,
      env: { ...process.env, LC_ALL: "C.UTF-8" },
    }).toString();
    expect(
      listed
        .trim()
        .split("\n")
        .map((line) => line.replace(/ +/g, " ")),
    ).toEqual([
      expect.stringMatching(new RegExp(`^-rw-r--r-- 0/0 \\d+ 1970-01-01 00:00 ${long}$`)),
      expect.stringMatching(/^-rw-r--r-- 0\/0 \d+ 1970-01-01 00:00 lib\/.*\.js$/),
      expect.stringMatching(/^-rw-r--r-- 0\/0 7 1970-01-01 00:00 main\.js$/),
    ]);
    execFileSync("tar", ["-xzf", "b.tgz"], { cwd: folder });
    expect((await texts(folder, "/", ["b.tgz"]))["main.js"]).toBe("main.js");
    expect(await unpack(await packBundle(files), "b")).toEqual(
      new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))),
    );
  });
});

test("a device that is named like an archive is none: it would never end", async () => {
  symlinkSync("/dev/zero", join(folder, "x.tgz"));
  expect(await refusal(readBundle("x.tgz", folder))).toBe("x.tgz is neither a folder nor a .tgz");
});
